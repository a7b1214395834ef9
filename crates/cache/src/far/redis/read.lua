-- KEYS[2..]: values. ARGV: a name for a new life.
local id = life(ARGV[1])
local function holds(value)
  if not value or #value < 60 or string.sub(value, 45, 60) ~= id then return false end
  local era, slots = struct.unpack('>I8', value, 17), string.byte(value, 39)
  if #value < 60 + 2 * slots then return false end
  for place = 0, slots - 1 do
    if noted(struct.unpack('>I2', value, 61 + 2 * place)) > era then return false end
  end
  return true
end
local time = redis.call('TIME')
local answer = { time[1] * 1000 + math.floor(time[2] / 1000) }
for index, value in ipairs(redis.call('MGET', unpack(KEYS, 2))) do
  answer[index + 1] = holds(value) and value
end
return answer
