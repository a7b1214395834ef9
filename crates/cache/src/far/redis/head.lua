-- KEYS[1]: the name of the server's run (40), of the store's life (16), the era (8), and each slot's (8).
-- Counters of another run may lack what that one lost: they are begun anew, and nothing older holds.
local function life(nonce)
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local head = redis.call('GETRANGE', KEYS[1], 0, 63)
  if #head == 64 and string.sub(head, 1, 40) == run then
    return string.sub(head, 41, 56), struct.unpack('>I8', head, 57)
  end
  redis.call('SET', KEYS[1], run .. nonce .. struct.pack('>I8', 0))
  return nonce, 0
end

local function noted(slot)
  local at = 64 + slot * 8
  local era = redis.call('GETRANGE', KEYS[1], at, at + 7)
  return #era == 8 and struct.unpack('>I8', era) or 0
end
