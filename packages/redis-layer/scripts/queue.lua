-- What the scripts of queues have in common: it stands before each of them.
--
-- KEYS[1]  what waits: a sorted set of ids by their places; also the channel where it is told that something came
-- KEYS[2]  what is leased: a sorted set of ids by when their leases end
-- KEYS[3]  a hash: "<id>" is "<place> <until> <expiry> <attempts> <node> <group>", where "-" is no node and no group, "=<id>"
--          its bytes; "!<place>" is a hole, "<cause> <group>", which waits under that name; "?<group>" is the place of the newest
--          hole of a group, "^" that of the newest message, "#" the newest place, "%" how many holes wait, "~" until when
--          all of this is kept
-- KEYS[4]  ids of what came, by when they are forgotten
-- KEYS[5]  the queues of the partition, by when they are forgotten
-- ARGV[1]  the queue's name
-- Constants put before this file: PUBLISH ("PUBLISH", or "SPUBLISH" on a Cluster)

local waiting, leased, about, seen, index = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

-- What goes wrong ends the script, in which only the call at its end catches it: "-<error> (<command>)".
local function call(command, ...)
  local answer = redis.pcall(command, ...)
  if type(answer) == 'table' and answer.err then error('-' .. answer.err .. ' (' .. command .. ')', 0) end
  return answer
end

local function text(number) return string.format('%.0f', number) end

local function now()
  local time = call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Everything is kept for at least so long; looked after again only when half of the time is over.
local function keep(at, ms)
  local kept = tonumber(call('HGET', about, '~') or 0)
  if kept < at + ms then
    kept = at + 2 * ms
    call('HSET', about, '~', text(kept))
    call('ZREMRANGEBYSCORE', index, '-inf', text(at))
    call('ZADD', index, text(kept), ARGV[1])
    local last = call('ZRANGE', index, -1, -1, 'WITHSCORES')
    call('PEXPIRE', index, text(tonumber(last[2]) - at))
  end
  for i = 1, 4 do call('PEXPIRE', KEYS[i], text(kept - at)) end
end

-- Forgets ids that cannot come again. A Redis that is full lets a script write whose first write needs no memory, as this one
-- does: so what a queue holds can still be taken.
local function forget(at) call('ZREMRANGEBYSCORE', seen, '-inf', text(at)) end

local function stateOf(id)
  return string.match(call('HGET', about, id) or '', '^(%d+) (%d+) (%d+) (%d+) (%S+) (%S+)$')
end

local function setState(id, ...)
  call('HSET', about, id, table.concat({ ... }, ' '))
end

-- Tells that something may be there. What goes wrong with that undoes nothing.
local function hint()
  local receivers = redis.pcall(PUBLISH, waiting, '')
  return type(receivers) == 'table' and receivers.err .. ' (' .. PUBLISH .. ')' or ''
end

-- The answer of a script, or why it was not done.
local function answerOf(run)
  local _, answer = pcall(run)
  return answer
end
