import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refOf, sorted, TestCluster } from '../testing/test-cluster.ts'

let world: TestCluster

beforeEach(async () => {
  world = await TestCluster.start(1)
})
afterEach(() => world.close())

const minute = 60_000

function template(script: string, restartPolicy = 'Never'): object {
  const containers = [{ name: 'main', image: 'busybox:1', command: ['sh', '-c', script] }]
  return { spec: { restartPolicy, containers } }
}

function job(script: string, spec: object = {}, restartPolicy = 'Never'): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j' },
    spec: { template: template(script, restartPolicy), ...spec },
  }
}

const conditions = async (): Promise<string[]> =>
  ((await world.get('jobs', 'j')).status.conditions ?? []).map(({ type, reason }) => `${type} ${reason}`)

describe('a Job', () => {
  test('with indexes runs each of them once', async () => {
    await world.create(
      'jobs',
      job('echo $JOB_COMPLETION_INDEX', { completions: 5, parallelism: 2, completionMode: 'Indexed' }),
    )
    await world.clock.advance(minute)
    const { status } = await world.get('jobs', 'j')
    expect(status).toMatchObject({ succeeded: 5, completedIndexes: '0-4', ready: 0, terminating: 0 })
    const names = (await world.list('pods')).map(({ metadata }) => metadata.name?.replace(/-[a-z0-9]{5}$/, ''))
    expect(sorted(names)).toEqual(['j-0', 'j-1', 'j-2', 'j-3', 'j-4'])
    expect(await world.events('j')).toContain('Completed: Job completed')
  })

  test('that another controller runs is left alone', async () => {
    await world.create('jobs', job('true', { managedBy: 'example.com/runner' }))
    await world.clock.advance(minute)
    expect(await world.list('pods')).toEqual([])
    expect((await world.get('jobs', 'j')).status).toEqual({})
  })

  test('made smaller, loses the indexes beyond its end', async () => {
    await world.create('jobs', job('sleep 600', { completions: 3, parallelism: 3, completionMode: 'Indexed' }))
    await world.clock.advance(10_000)
    await world.patch('jobs', 'j', { spec: { completions: 2, parallelism: 2 } })
    await world.clock.advance(minute)
    const names = (await world.list('pods')).map(({ metadata }) => metadata.name?.replace(/-[a-z0-9]{5}$/, ''))
    expect(sorted(names)).toEqual(['j-0', 'j-1'])
  })

  test('waits after a pod that was taken from it as after one that failed', async () => {
    await world.create('jobs', job('sleep 600'))
    await world.clock.advance(5000)
    const [pod] = await world.list('pods')
    await world.cluster.objects.delete(refOf('pods', pod?.metadata.name ?? ''), { gracePeriodSeconds: 0 })
    await world.clock.advance(5000)
    expect(await world.list('pods')).toEqual([])
    await world.clock.advance(10_000)
    expect(await world.list('pods')).toHaveLength(1)
  })

  test('that keeps failing gives up after its back-off limit, with growing pauses', async () => {
    await world.create('jobs', job('exit 3', { backoffLimit: 2 }))
    await world.clock.advance(8000)
    expect((await world.get('jobs', 'j')).status).toMatchObject({ failed: 1 })
    await world.clock.advance(5 * minute)
    expect(await conditions()).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
    expect((await world.get('jobs', 'j')).status).toMatchObject({ failed: 3 })
    expect(await world.events('j')).toContain('BackoffLimitExceeded: Job has reached the specified backoff limit')
  })

  test('may lose indexes, each after failures of its own', async () => {
    const spec = { completions: 3, parallelism: 3, completionMode: 'Indexed', backoffLimitPerIndex: 1 }
    await world.create('jobs', job('exit 5', spec))
    await world.clock.advance(6000)
    expect((await world.get('jobs', 'j')).status['failedIndexes']).toBe('')
    await world.clock.advance(2 * minute)
    expect((await world.get('jobs', 'j')).status).toMatchObject({ failedIndexes: '0-2', failed: 6 })
    expect(await conditions()).toEqual(['FailureTarget FailedIndexes', 'Failed FailedIndexes'])
  })

  test('out of time takes its pods down', async () => {
    await world.create('jobs', job('sleep 3600', { activeDeadlineSeconds: 60 }))
    await world.clock.advance(3 * minute)
    expect(await conditions()).toEqual(['FailureTarget DeadlineExceeded', 'Failed DeadlineExceeded'])
    expect(await world.list('pods')).toEqual([])
  })

  test('goes when its time after the end is over', async () => {
    await world.create('jobs', job('true', { ttlSecondsAfterFinished: 100 }))
    await world.clock.advance(minute)
    expect(await world.list('jobs')).toHaveLength(1)
    await world.clock.advance(2 * minute)
    expect(await world.list('jobs')).toEqual([])
    expect(await world.list('pods')).toEqual([])
  })

  test('suspended, it waits without pods', async () => {
    await world.create('jobs', job('true', { suspend: true }))
    await world.clock.advance(minute)
    expect(await world.list('pods')).toEqual([])
    expect(await conditions()).toEqual(['Suspended JobSuspended'])
    await world.patch('jobs', 'j', { spec: { suspend: false } })
    await world.clock.advance(minute)
    expect(await conditions()).toEqual([
      'Suspended JobResumed',
      'SuccessCriteriaMet CompletionsReached',
      'Complete CompletionsReached',
    ])
    expect(await world.events('j')).toEqual(
      expect.arrayContaining(['Suspended: Job suspended', 'Resumed: Job resumed']),
    )
  })

  test('fails at once by a rule about exit codes', async () => {
    const podFailurePolicy = {
      rules: [{ action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [42] } }],
    }
    await world.create('jobs', job('exit 42', { podFailurePolicy, backoffLimit: 6 }))
    await world.clock.advance(minute)
    expect(await conditions()).toEqual(['FailureTarget PodFailurePolicy', 'Failed PodFailurePolicy'])
    const [condition] = (await world.get('jobs', 'j')).status.conditions ?? []
    const [pod] = await world.list('pods')
    expect(condition?.message).toBe(
      `Container main for pod default/${pod?.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
    )
  })
})

describe('a CronJob', () => {
  const cronJob = (spec: object, script = 'true'): object => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'c' },
    spec: { schedule: '*/10 * * * *', jobTemplate: { spec: { template: template(script) } }, ...spec },
  })

  test('makes Jobs by the clock and keeps the last of them', async () => {
    await world.create('cronJobs', cronJob({ successfulJobsHistoryLimit: 2 }))
    await world.clock.advance(65 * minute)
    const { status } = await world.get('cronJobs', 'c')
    expect(status).toEqual({
      lastScheduleTime: '2030-01-01T01:00:00Z',
      lastSuccessfulTime: expect.any(String) as string,
    })
    const jobs = await world.list('jobs')
    expect(sorted(jobs.map(({ metadata }) => metadata.name))).toEqual(['c-31557650', 'c-31557660'])
    expect(jobs[0]?.metadata.annotations).toEqual({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2030-01-01T00:50:00Z',
    })
    expect(await world.events('c')).toEqual(
      expect.arrayContaining([
        'SuccessfulCreate: Created job c-31557650',
        'SawCompletedJob: Saw completed job: c-31557650, condition: Complete',
        'SuccessfulDelete: Deleted job c-31557640',
      ]),
    )
  })

  test.each([
    ['Allow', 3],
    ['Forbid', 1],
    ['Replace', 1],
  ])('that may run at once: %s', async (concurrencyPolicy, running) => {
    await world.create('cronJobs', cronJob({ concurrencyPolicy }, 'sleep 86400'))
    await world.clock.advance(35 * minute)
    expect(await world.list('jobs')).toHaveLength(running)
    expect((await world.get('cronJobs', 'c')).status['active']).toHaveLength(running)
  })

  test('suspended, it rests', async () => {
    await world.create('cronJobs', cronJob({ suspend: true }))
    await world.clock.advance(35 * minute)
    expect(await world.list('jobs')).toEqual([])
  })

  test('knows time zones', async () => {
    await world.create('cronJobs', cronJob({ schedule: '30 9 * * *', timeZone: 'Asia/Tokyo' }))
    await world.clock.advance(31 * minute)
    const [made] = await world.list('jobs')
    expect(made?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp']).toBe(
      '2030-01-01T09:30:00+09:00',
    )
  })
})
