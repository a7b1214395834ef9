local worst, kind = nil, nil
for _, subject in ipairs(subjects) do
  local wait = locked(subject, room)
  if wait and (worst == nil or wait >= worst) then
    worst, kind = wait, subject.kind
  end
end
if worst then
  for _, subject in ipairs(subjects) do
    if subject.loaded.ahead then
      save(subject, KEYS[1])
    end
  end
  return { 0, kind, worst }
end

local answer = { 1, now }
for _, subject in ipairs(subjects) do
  local record = entry(subject, room)
  record[1] = record[1] + 1
  record[2] = record[2] + 1
  record[3] = now
  if subject.most > 0 and record[2] >= subject.most then
    record[4] = NEVER
  else
    local length = step(subject, record[1])
    record[4] = length and math.min(now + length, NEVER) or 0
  end
  add_source(record, source)
  for i = 1, 2 do
    answer[#answer + 1] = record[i]
  end
  answer[#answer + 1] = record[4]
end
for _, subject in ipairs(subjects) do
  save(subject, KEYS[1])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
return answer
