import type { ServiceAccountTokens } from '@flotilla/shared/apiserver/access/service-account-tokens'
import type { Objects } from '@flotilla/shared/apiserver/objects'
import { StatusError } from '@flotilla/shared/apiserver/status-error'
import type { Clock } from '@flotilla/shared/lang/clock'
import { TokenSecrets } from './access/token-secrets.ts'
import { aggregationController } from './controllers/aggregation.ts'
import { cronJobController } from './controllers/cron-job.ts'
import { disruptionController } from './controllers/disruption.ts'
import { daemonSetController } from './controllers/daemon-set.ts'
import { deploymentController } from './controllers/deployment.ts'
import { endpointMirroring } from './controllers/endpoint-mirroring.ts'
import { endpointsController, endpointSlicesController } from './controllers/endpoints.ts'
import { GarbageCollector } from './controllers/garbage-collector.ts'
import { jobController, orphanedJobPods } from './controllers/job.ts'
import { NamespaceKeeper } from './controllers/namespace-keeper.ts'
import { annotations, standInProvisioner } from './controllers/persistent-volumes.ts'
import { nodeController } from './controllers/nodes.ts'
import { policyStatusController } from './controllers/policy-status.ts'
import { replicaSetController, replicationController } from './controllers/replica-set.ts'
import { namespaceDefaults } from './controllers/service-account.ts'
import { statefulSetController } from './controllers/stateful-set.ts'
import { ingressController, loadBalancerController } from './controllers/addresses.ts'
import { claimController } from './controllers/claims.ts'
import { eventKeeper } from './controllers/event-keeper.ts'
import { podKeeper } from './controllers/pod-keeper.ts'
import { quotaController } from './controllers/quotas.ts'
import { volumeController } from './controllers/volumes.ts'
import { defaultPace, kubelet } from './kubelet/kubelet.ts'
import type { Pace } from './kubelet/lifecycle.ts'
import { scheduler } from './kubelet/scheduler.ts'
import { standInNode } from './kubelet/stand-in-node.ts'
import { controllerManager } from './machinery/actor.ts'
import { ControllerManager, type Controller } from './machinery/controller.ts'
import { resources } from './machinery/resources.ts'
import type { ServedResources } from './machinery/served.ts'

export interface ControlPlaneOptions {
  readonly objects: Objects
  readonly served: ServedResources
  readonly clock: Clock
  /** PEM of the CA that signed the server's certificate; goes into each namespace. */
  readonly certificateAuthority: string
  /** How many nodes the kubelet stand-in registers; without any, pods stay Pending until somebody writes their status. */
  readonly nodes?: number
  readonly pace?: Pace
  /** How long each control loop takes to notice a change; absent: none. */
  readonly reactionMs?: number
  /** Makes the tokens of Secrets that want one; absent: they get none. */
  readonly tokens?: ServiceAccountTokens
  /** Signs certificates that are asked for and approved; absent: nobody does. */
  readonly signer?: { start(): Promise<void>; readonly idle: boolean; close(): void }
}

export interface ControlPlane {
  /** Nothing is being worked on right now. */
  readonly idle: boolean
  close(): void
}

/** The controllers of a cluster, in table form: adding one is adding a row. */
const controllers: readonly Controller[] = [
  deploymentController,
  replicaSetController,
  replicationController,
  statefulSetController,
  daemonSetController,
  cronJobController,
  disruptionController,
  orphanedJobPods,
  endpointsController,
  endpointSlicesController,
  endpointMirroring,
  aggregationController,
  policyStatusController,
  nodeController,
  claimController,
  volumeController,
  loadBalancerController,
  ingressController,
  quotaController,
  podKeeper,
  eventKeeper,
]

/** Brings an API to life: starts its controllers, and with `nodes` a stand-in for kubelet and scheduler. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { objects, served, clock, nodes = 0, reactionMs = 0, tokens, certificateAuthority, signer } = options
  const manager = new ControllerManager({ objects, clock, reactionMs })
  const collector = new GarbageCollector({ objects, clock }, served, manager)
  const keeper = new NamespaceKeeper({ objects, clock }, served)
  const secrets = tokens && new TokenSecrets({ objects, clock }, tokens, certificateAuthority)
  await Promise.all([
    manager.start([
      ...controllers,
      jobController(),
      namespaceDefaults(certificateAuthority),
      ...(nodes > 0 ? [scheduler, kubelet(options.pace ?? defaultPace)] : []),
    ]),
    collector.start(),
    keeper.start(),
    secrets?.start(),
    signer?.start(),
  ])
  if (nodes > 0) await createDefaultClass(objects)
  for (let index = 1; index <= nodes; index++) await registerNode(objects, index, clock)
  return {
    get idle() {
      return manager.idle && collector.idle && keeper.idle && (secrets?.idle ?? true) && (signer?.idle ?? true)
    },
    close() {
      manager.close()
      collector.close()
      keeper.close()
      secrets?.close()
      signer?.close()
    },
  }
}

/** The class of claims that name none: their volumes are made where their first consumer goes. */
async function createDefaultClass(objects: Objects): Promise<void> {
  const object = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { [annotations.isDefault]: 'true' } },
    provisioner: standInProvisioner,
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  }
  try {
    await objects.create(resources.storageClasses, object, { actor: controllerManager, fieldManager: 'kubelet' })
  } catch (error) {
    if (!(error instanceof StatusError && error.code === 409)) throw error
  }
}

async function registerNode(objects: Objects, index: number, clock: Clock): Promise<void> {
  const { object, status } = standInNode(index, clock)
  const options = { actor: controllerManager, fieldManager: 'kubelet' }
  try {
    const created = await objects.create(resources.nodes, object, options)
    const ref = { ...resources.nodes, name: created.metadata.name ?? '' }
    // A new node is tainted until it is ready.
    const spec = { ...(created['spec'] as object | undefined), taints: undefined }
    const plain = await objects.update(ref, { ...created, spec }, options)
    await objects.update(ref, { ...plain, status }, { ...options, subresource: 'status' })
  } catch (error) {
    if (!(error instanceof StatusError && error.code === 409)) throw error
  }
}
