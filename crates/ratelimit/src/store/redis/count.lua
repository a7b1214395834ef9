-- The counts of a request: see store/mod.rs for the contract, quota/ for the arithmetic.
-- KEYS: one for each subject. ARGV: what to do (0 look, 1 charge, 2 give back), then for each ask the
-- number of its key, its field, kind (0 bucket, 1 tickets), period, size, cost, and 1 if it binds.
-- A field holds moments in microseconds, at most one for a bucket and one for each ticket that is out.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local act = ARGV[1]

local counts, order = {}, {}

local function load(key, field)
  local name = key .. '/' .. field
  local count = counts[name]
  if not count then
    count = { key = key, field = field, moments = {}, before = {}, changed = false }
    local text = redis.call('HGET', key, field)
    if text then
      for word in string.gmatch(text, '%d+') do
        count.moments[#count.moments + 1] = tonumber(word)
      end
    end
    counts[name] = count
    order[#order + 1] = count
  end
  return count
end

-- What is not over, and never further ahead than a clock that stands still allows.
local function current(moments, last)
  local kept = {}
  for _, moment in ipairs(moments) do
    if moment > now then
      kept[#kept + 1] = math.min(moment, last)
    end
  end
  return kept
end

local function arrival(moments)
  local tat = 0
  for _, moment in ipairs(moments) do
    tat = math.max(tat, moment)
  end
  return tat
end

-- Returns what becomes of an ask, and its moments afterwards.
local function take(ask, moments)
  if ask.cost > ask.size then
    return 2, moments
  end
  if ask.kind == 0 then
    local finish = math.max(arrival(moments), now) + ask.period * ask.cost
    if finish > now + ask.period * ask.size then
      return 1, moments
    end
    return 0, { finish }
  end
  if ask.cost > ask.size - #moments then
    return 1, moments
  end
  local taken = {}
  for _, moment in ipairs(moments) do
    taken[#taken + 1] = moment
  end
  for _ = 1, ask.cost do
    taken[#taken + 1] = now + ask.period
  end
  return 0, taken
end

local function give_back(ask, moments)
  if ask.kind == 0 then
    local tat = arrival(moments) - ask.period * ask.cost
    return tat > now and { tat } or {}
  end
  table.sort(moments)
  for _ = 1, math.min(ask.cost, #moments) do
    moments[#moments] = nil
  end
  return moments
end

local asks, admitted = {}, true
for at = 2, #ARGV, 7 do
  local ask = {
    kind = tonumber(ARGV[at + 2]), period = tonumber(ARGV[at + 3]), size = tonumber(ARGV[at + 4]),
    cost = tonumber(ARGV[at + 5]),
  }
  local count = load(KEYS[tonumber(ARGV[at])], ARGV[at + 1])
  local last = ask.kind == 0 and now + ask.period * ask.size or now + ask.period
  count.moments = current(count.moments, last)
  if ask.kind == 0 and #count.moments > 1 then
    count.moments = { arrival(count.moments) }
  elseif ask.kind == 1 and #count.moments > ask.size then
    -- Fewer tickets than before: those that come free last are still out.
    table.sort(count.moments)
    count.moments = { unpack(count.moments, #count.moments - ask.size + 1) }
  end
  ask.count, ask.before = count, count.moments
  if act == '2' then
    count.moments, count.changed = give_back(ask, count.moments), true
  else
    local outcome, moments = take(ask, count.moments)
    ask.outcome = outcome
    if outcome == 0 then
      count.moments, count.changed = moments, true
    elseif ARGV[at + 6] == '1' then
      admitted = false
    end
  end
  asks[#asks + 1] = ask
end

local charged = act ~= '0' and admitted
if charged then
  for _, count in ipairs(order) do
    if count.changed then
      local words, last = {}, 0
      for _, moment in ipairs(count.moments) do
        words[#words + 1] = string.format('%.0f', moment)
        last = math.max(last, moment)
      end
      if #words == 0 then
        redis.call('HDEL', count.key, count.field)
      else
        redis.call('HSET', count.key, count.field, table.concat(words, ':'))
        local wanted = math.ceil((last - now) / 1000) + 1000
        -- Another rule of the subject may need it for longer.
        if redis.call('PTTL', count.key) < wanted then
          redis.call('PEXPIRE', count.key, string.format('%.0f', wanted))
        end
      end
    end
  end
end
if act == '2' then
  return { now }
end

local answer = { now, admitted and 1 or 0 }
for _, ask in ipairs(asks) do
  local moments = charged and ask.count.moments or ask.before
  answer[#answer + 1] = ask.outcome
  answer[#answer + 1] = #moments
  for _, moment in ipairs(moments) do
    answer[#answer + 1] = moment
  end
end
return answer
