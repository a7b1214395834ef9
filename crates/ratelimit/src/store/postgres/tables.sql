CREATE UNLOGGED TABLE palisade_limit (
    subject BYTEA NOT NULL,
    rule BIGINT NOT NULL,
    moments BIGINT[] NOT NULL,
    swept_after BIGINT NOT NULL,
    PRIMARY KEY (subject, rule)
) WITH (fillfactor = 70);
-- Rounded up to an hour and more: most updates leave it, and stay within their page.
CREATE INDEX palisade_limit_swept ON palisade_limit (swept_after);

-- The counts of a request. wanted: 0 look, 1 charge, 2 give back. kinds: 0 bucket, 1 tickets. The
-- answer is in the form that Verdict::from_words reads.
CREATE FUNCTION palisade_limit_1(
    subjects BYTEA[], rules BIGINT[], kinds BIGINT[], periods BIGINT[], sizes BIGINT[],
    costs BIGINT[], bindings BOOLEAN[], locks BIGINT[], wanted INTEGER
) RETURNS BIGINT[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    moment BIGINT;
    alone BOOLEAN := false;
    admitted BOOLEAN;
    held BIGINT[];
    later BIGINT[];
    outcome INTEGER;
    before TEXT[];
    after TEXT[];
    outcomes INTEGER[];
    changed BOOLEAN[];
    answer BIGINT[];
    asks INTEGER := cardinality(subjects);
BEGIN
    -- First without a lock, which refuses; what would be written is decided again with one.
    LOOP
        moment := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
        admitted := true;
        before := '{}';
        after := '{}';
        outcomes := '{}';
        changed := '{}';
        FOR i IN 1..asks LOOP
            held := NULL;
            FOR j IN REVERSE i - 1..1 LOOP
                IF subjects[j] = subjects[i] AND rules[j] = rules[i] THEN
                    held := after[j]::bigint[];
                    EXIT;
                END IF;
            END LOOP;
            IF held IS NULL THEN
                SELECT c.moments INTO held FROM palisade_limit c
                    WHERE c.subject = subjects[i] AND c.rule = rules[i];
            END IF;
            -- What is not over, and never further ahead than a clock that stands still allows.
            held := ARRAY(
                SELECT least(m, moment + periods[i] * CASE kinds[i] WHEN 0 THEN sizes[i] ELSE 1 END)
                FROM unnest(coalesce(held, '{}')) AS m WHERE m > moment ORDER BY m DESC
                LIMIT CASE kinds[i] WHEN 0 THEN 1 ELSE sizes[i] END);
            later := held;
            IF wanted = 2 THEN
                outcome := 0;
                IF kinds[i] = 0 THEN
                    later := CASE WHEN held[1] - periods[i] * costs[i] > moment
                        THEN ARRAY[held[1] - periods[i] * costs[i]] ELSE '{}' END;
                ELSE
                    later := held[costs[i] + 1:];
                END IF;
            ELSIF costs[i] > sizes[i] THEN
                outcome := 2;
            ELSIF kinds[i] = 0 THEN
                later := ARRAY[greatest(coalesce(held[1], 0), moment) + periods[i] * costs[i]];
                outcome := CASE WHEN later[1] > moment + periods[i] * sizes[i] THEN 1 ELSE 0 END;
            ELSIF costs[i] > sizes[i] - cardinality(held) THEN
                outcome := 1;
            ELSE
                later := array_fill(moment + periods[i], ARRAY[costs[i]::integer]) || held;
                outcome := 0;
            END IF;
            IF outcome > 0 THEN
                later := held;
                admitted := admitted AND NOT bindings[i];
            END IF;
            before := before || held::text;
            after := after || later::text;
            outcomes := outcomes || outcome;
            changed := changed || (outcome = 0);
        END LOOP;
        EXIT WHEN alone OR wanted = 0 OR NOT admitted;
        alone := true;
        FOR i IN 1..cardinality(locks) LOOP
            PERFORM pg_advisory_xact_lock(locks[i]);
        END LOOP;
    END LOOP;
    IF wanted > 0 AND admitted THEN
        FOR i IN 1..asks LOOP
            CONTINUE WHEN NOT changed[i];
            later := after[i]::bigint[];
            INSERT INTO palisade_limit AS c (subject, rule, moments, swept_after)
                VALUES (subjects[i], rules[i], later,
                    ((coalesce(later[1], moment) >> 32) + 2) << 32)
                ON CONFLICT (subject, rule) DO UPDATE SET moments = excluded.moments,
                    swept_after = greatest(c.swept_after, excluded.swept_after);
        END LOOP;
        IF random() < 0.01 THEN
            DELETE FROM palisade_limit c USING (
                SELECT o.subject, o.rule FROM palisade_limit o WHERE o.swept_after < moment
                ORDER BY o.swept_after LIMIT 500 FOR UPDATE SKIP LOCKED
            ) AS old WHERE c.subject = old.subject AND c.rule = old.rule;
        END IF;
    END IF;
    answer := ARRAY[moment, admitted::integer::bigint];
    FOR i IN 1..asks LOOP
        held := CASE WHEN admitted AND wanted > 0 THEN after[i] ELSE before[i] END::bigint[];
        answer := answer || outcomes[i]::bigint || cardinality(held)::bigint || held;
    END LOOP;
    RETURN answer;
END
$$;
