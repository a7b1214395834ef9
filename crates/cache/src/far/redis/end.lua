-- KEYS[2..]: values to forget. ARGV: a name for a new life, the channel, who asks, slots.
local id, era = life(ARGV[1])
era = era + 1
local packed = struct.pack('>I8', era)
redis.call('SETRANGE', KEYS[1], 56, packed)
local news = id .. packed .. ARGV[3]
for place = 4, #ARGV do
  redis.call('SETRANGE', KEYS[1], 64 + ARGV[place] * 8, packed)
  news = news .. struct.pack('>I2', ARGV[place])
end
if #KEYS > 1 then redis.call('UNLINK', unpack(KEYS, 2)) end
redis.call('PUBLISH', ARGV[2], news)
return { id, era }
