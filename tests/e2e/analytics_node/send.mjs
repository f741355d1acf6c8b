// What a program does with Segment's SDK for Node. Arguments: host, write key, audience key, how many people.
import { Analytics } from '@segment/analytics-node'

const [host, writeKey, key, people] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, flushAt: 20 })
const problems = []
analytics.on('error', (error) => problems.push(String(error.reason?.message ?? error.reason ?? error.code)))

const track = (n, event) =>
  analytics.track({
    userId: `u${n}`,
    event,
    properties: { audience_key: key, [key]: event === 'Audience Entered' },
    context: { traits: { email: `p${n}@example.com` } },
  })

for (let n = 0; n < Number(people); n += 1) track(n, 'Audience Entered')
analytics.identify({ userId: 'ada', traits: { email: 'ada@example.com', [key]: true } })
analytics.page({ anonymousId: 'somebody', name: 'Home' })
await analytics.flush()
for (let n = 0; n < Number(people); n += 2) track(n, 'Audience Exited')
await analytics.closeAndFlush()
console.log(JSON.stringify(problems))
