-- KEYS: the locks. ARGV: how many, the prefix of the sets. All keys have the hash tag of the first.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf',
  '(' .. string.format('%.0f', now), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
local answer = {}
for i = 1, #found, 2 do
  local kind, key = string.match(found[i], '^(%d+):(%x+)$')
  local record = redis.call('HGET', ARGV[2] .. kind .. ':' .. string.sub(key, 1, 4), key)
  local failures = record and string.match(record, '^%d+') or '0'
  answer[#answer + 1] = { tonumber(kind), key, tonumber(failures), tonumber(found[i + 1]), now }
end
return answer
