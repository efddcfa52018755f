import type { Container, Pod } from '../controllers/types.ts'
import { bad, containerStatus } from './containers.ts'
import type { Run } from './log-lines.ts'
import type { Timeline } from './program.ts'

/** The run of a container whose output is asked for. Refuses as a kubelet does where there is none. */
export function runOf(pod: Pod, container: Container, previous: boolean, timeline: Timeline): Run {
  const { name } = container
  const where = `container "${name}" in pod "${pod.metadata.name}"`
  const status = containerStatus(pod, name)
  if (!status) throw bad(`${where} is not available`)
  const { waiting, running, terminated } = status.state
  const last = status.lastState.terminated
  const ended = previous ? last : (terminated ?? (running ? undefined : last))
  const image = status.image
  if (previous && !last) throw bad(`previous terminated ${where} not found`)
  if (ended) return { image, startedAt: ended.startedAt, ended, timeline }
  if (running) return { image, startedAt: running.startedAt, timeline }
  const why: Record<string, string> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
  }
  throw bad(`${where} is waiting to start: ${why[waiting?.reason ?? ''] ?? waiting?.reason ?? 'no logs yet'}`)
}
