import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { Clock } from '@flotilla/shared/lang/clock'
import { timestamp } from '../controllers/conditions.ts'

/** The label of nodes whose pods the stand-in runs; nodes that others register stay theirs. */
export const standInLabel = 'node.flotilla.dev/stand-in'

/** A node of the stand-in, ready for pods. */
export function standInNode(index: number, clock: Clock): { object: KubeObject; status: Record<string, unknown> } {
  const name = `node-${index}`
  const time = timestamp(clock.now())
  const room = { cpu: '8', memory: '16Gi', pods: '10000', 'ephemeral-storage': '100Gi' }
  const condition = (type: string, status: string, reason: string, message: string): Record<string, string> => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  })
  return {
    object: {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          [standInLabel]: '',
        },
      },
    },
    status: {
      capacity: room,
      allocatable: room,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      addresses: [
        { type: 'InternalIP', address: `172.18.0.${index + 1}` },
        { type: 'Hostname', address: name },
      ],
      nodeInfo: {
        architecture: 'amd64',
        operatingSystem: 'linux',
        kubeletVersion: 'v1.36.1',
        kubeProxyVersion: '',
        containerRuntimeVersion: 'containerd://2.1.0',
        osImage: 'Flotilla stand-in',
        kernelVersion: '6.0.0',
        machineID: name,
        systemUUID: name,
        bootID: name,
      },
    },
  }
}
