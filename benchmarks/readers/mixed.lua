-- wrk asks the addresses of a file in a random order of each thread's own, and writes the counts that a benchmark reads.
local addresses, threads = {}, {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("seed", #threads)
end

function init(args)
  for line in io.lines(args[1]) do addresses[#addresses + 1] = line end
  math.randomseed(seed)
  refused, pause = 0, tonumber(args[2])
  wrk.headers["Connection"] = "close" -- readers who pause come on new connections
end

function request()
  return wrk.format("GET", addresses[math.random(#addresses)])
end

-- Milliseconds that a reader waits before the next page: half to one and a half of the pause.
function delay()
  return math.floor(pause * (0.5 + math.random()))
end

function response(status)
  if status ~= 200 then refused = refused + 1 end
end

function done(summary, latency)
  local refusals = 0
  for _, thread in ipairs(threads) do refusals = refusals + thread:get("refused") end
  local e = summary.errors
  io.write(string.format(
    '\nJSON {"answers": %d, "seconds": %.3f, "bytes": %d, "not_200": %d, "errors": %d, "connect": %d, "read": %d, "write": %d, "timeout": %d, "p50_ms": %.1f, "p95_ms": %.1f, "p99_ms": %.1f, "most_ms": %.1f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, refusals, e.connect + e.read + e.write + e.timeout, e.connect, e.read, e.write, e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
