import type { KubeObject } from '../../k8s/object.ts'
import { dictionary } from '../../lang/dictionary.ts'
import { asText } from '../health/custom/rules.ts'
import { at, list, text } from '../health/fields.ts'
import type { ActionRule, ActionRules } from './action.ts'
import { annotating, mapAt, needs, resuming, setting, stamp } from './draft.ts'
import { join, needAt, needList, numeric } from '../health/custom/strict.ts'

const isSuspended = (object: KubeObject): boolean => at(object, 'spec', 'suspend') === true
const annotation = (object: KubeObject, name: string): string | undefined => object.metadata.annotations?.[name]

const fluxSwitch: ActionRules = {
  resume: resuming('suspend', { disabled: (object) => !isSuspended(object) }),
  suspend: setting(['spec', 'suspend'], true, { disabled: isSuspended }),
}
const flux: ActionRules = {
  reconcile: annotating('reconcile.fluxcd.io/requestedAt', ({ now }) => `By Argo CD at: ${stamp(now()).slice(0, -1)}`, {
    disabled: isSuspended,
  }),
  ...fluxSwitch,
}
const fluxKinds = [
  'kustomize.toolkit.fluxcd.io/Kustomization',
  'helm.toolkit.fluxcd.io/HelmRelease',
  'source.toolkit.fluxcd.io/Bucket',
  'source.toolkit.fluxcd.io/GitRepository',
  'source.toolkit.fluxcd.io/HelmChart',
  'source.toolkit.fluxcd.io/HelmRepository',
  'source.toolkit.fluxcd.io/OCIRepository',
  'image.toolkit.fluxcd.io/ImageRepository',
  'image.toolkit.fluxcd.io/ImageUpdateAutomation',
  'notification.toolkit.fluxcd.io/Receiver',
]

const never = /^0(?:ns|us|µs|ms|s|m|h)?$/
const isNever = (object: KubeObject): boolean => {
  const interval = at(object, 'spec', 'refreshInterval')
  return interval !== undefined && never.test(typeof interval === 'number' ? String(interval) : asText(interval))
}
const forceSync = (disabled: (object: KubeObject) => boolean): ActionRule =>
  annotating('force-sync', ({ now }) => stamp(now()), { disabled })

const paused = 'autoscaling.keda.sh/paused'
const pausedReplicas = 'autoscaling.keda.sh/paused-replicas'
const pauseIcon = 'fa fa-fw fa-pause-circle'
const playIcon = 'fa fa-fw fa-play-circle'
const isHeld = (object: KubeObject): boolean => annotation(object, paused) === 'true'
const isHeldAtAll = (object: KubeObject): boolean => isHeld(object) || annotation(object, pausedReplicas) !== undefined

function kedaResume(disabled: (object: KubeObject) => boolean, names: readonly string[]): ActionRule {
  return {
    icon: playIcon,
    disabled,
    run(draft) {
      if (at(draft, 'metadata', 'annotations') === undefined) return
      for (const name of names) delete mapAt(draft, 'metadata', 'annotations')[name]
    },
  }
}

const loop = 'cnpg.io/reconciliationLoop'
const isLoopOff = (object: KubeObject): boolean => annotation(object, loop) === 'disabled'

/** The instance that a user names: by number, by name, or any that is not the primary. */
function chosenInstance(object: unknown, wanted: string | undefined): unknown {
  const found = needAt(3, object, 'status', 'instancesStatus', 'healthy')
  const byNumber = wanted !== 'any' && numeric(wanted) !== undefined
  if (wanted === undefined) return undefined
  const healthy = byNumber ? (Array.isArray(found) ? found : []) : needList(wanted === 'any' ? 9 : 34, found)
  if (wanted !== 'any') {
    const name = byNumber ? `${text(object, 'metadata', 'name')}-${wanted}` : wanted
    return healthy.find((one) => one === name)
  }
  const primary = healthy.indexOf(at(object, 'status', 'currentPrimary'))
  return healthy[primary < 0 ? 0 : (primary + 1) % healthy.length]
}

const promote: ActionRule = {
  icon: 'fa fa-fw fa-angles-up',
  displayName: 'Promote Replica to Primary',
  params: ['instance'],
  disabled: (object) => list(object, 'status', 'instancesStatus', 'healthy').length < 2,
  run(draft, { now, parameters }) {
    const wanted = parameters['instance']
    const chosen = chosenInstance(draft, wanted)
    if (chosen === undefined)
      throw new Error(join(48, 'Could not find a healthy instance matching the criteria: ', wanted))
    Object.assign(mapAt(draft, 'status'), {
      targetPrimary: chosen,
      targetPrimaryTimestamp: stamp(now()),
      phase: 'Switchover in progress',
      phaseReason: `Switching over to ${asText(chosen)}`,
    })
  },
}

const rolling = 'strimzi.io/manual-rolling-update'

/** Actions on what operators run. */
export const operatorActions: Readonly<Record<string, ActionRules>> = dictionary({
  ...Object.fromEntries(fluxKinds.map((name) => [name, flux])),
  'notification.toolkit.fluxcd.io/Alert': fluxSwitch,
  'notification.toolkit.fluxcd.io/Provider': fluxSwitch,
  'external-secrets.io/ExternalSecret': {
    refresh: forceSync((object) => isNever(object) && at(object, 'spec', 'refreshPolicy') !== 'OnChange'),
  },
  'external-secrets.io/PushSecret': { push: forceSync(isNever) },
  'keda.sh/ScaledObject': {
    pause: annotating(paused, 'true', { icon: pauseIcon, disabled: isHeldAtAll }),
    'paused-replicas': annotating(
      pausedReplicas,
      ({ parameters: { replicas } }) => {
        if (replicas === undefined) throw new Error('replicas parameter is required')
        const count = numeric(replicas)
        if (count === undefined || count < 0) throw new Error(`invalid number: ${replicas} (must be >= 0)`)
        return String(count)
      },
      { icon: pauseIcon, params: ['replicas'], disabled: isHeld },
    ),
    resume: kedaResume((object) => !isHeldAtAll(object), [paused, pausedReplicas]),
  },
  'keda.sh/ScaledJob': {
    pause: annotating(paused, 'true', { icon: pauseIcon, disabled: isHeld }),
    resume: kedaResume((object) => !isHeld(object), [paused]),
  },
  'postgresql.cnpg.io/Cluster': {
    restart: annotating('kubectl.kubernetes.io/restartedAt', ({ now }) => stamp(now()), {
      icon: 'fa fa-fw fa-recycle',
      displayName: 'Rollout restart Cluster',
    }),
    reload: annotating('cnpg.io/reloadedAt', ({ now }) => stamp(now()), {
      icon: 'fa fa-fw fa-rotate-right',
      displayName: 'Reload all Configuration',
    }),
    promote,
    suspend: annotating(loop, 'disabled', {
      icon: 'fa fa-fw fa-pause',
      displayName: 'Suspend Reconciliation',
      offered: (object) => !isLoopOff(object),
    }),
    resume: annotating(loop, undefined, {
      icon: 'fa fa-fw fa-play',
      displayName: 'Resume Reconciliation',
      offered: isLoopOff,
    }),
  },
  'k8s.mariadb.com/MariaDB': {
    suspend: {
      icon: 'fa fa-fw fa-pause',
      displayName: 'Suspend',
      offered: (object) => !isSuspended(object),
      run(draft) {
        if (draft['spec'] !== undefined) mapAt(draft, 'spec')['suspend'] = true
      },
    },
    resume: resuming('suspend', { icon: 'fa fa-fw fa-play', displayName: 'Resume', offered: isSuspended }, 4),
  },
  'core.strimzi.io/StrimziPodSet': {
    'rolling-update': annotating(rolling, 'true', { disabled: (object) => annotation(object, rolling) === 'true' }),
  },
  'psmdb.percona.com/PerconaServerMongoDB': {
    pause: setting(['spec', 'pause'], true, {
      icon: pauseIcon,
      disabled: (object) => at(object, 'spec', 'pause') === true,
    }),
    unpause: setting(['spec', 'pause'], false, {
      icon: playIcon,
      disabled: (object) => at(object, 'spec', 'pause') !== true,
    }),
  },
  'promoter.argoproj.io/PullRequest': {
    merge: setting(['spec', 'state'], 'merged', {
      icon: 'fa fa-fw fa-code-merge',
      displayName: 'Merge PR',
      disabled: (object) => at(object, 'spec', 'state') !== 'open',
    }),
  },
})

/** What must be there before anything is offered. */
export const operatorChecks: Readonly<Record<string, (object: KubeObject) => void>> = dictionary({
  ...Object.fromEntries(fluxKinds.map((name) => [name, needs([8, 'spec', 'suspend'])])),
  'notification.toolkit.fluxcd.io/Alert': needs([7, 'spec', 'suspend']),
  'notification.toolkit.fluxcd.io/Provider': needs([7, 'spec', 'suspend']),
  'external-secrets.io/ExternalSecret': needs([5, 'spec', 'refreshInterval']),
  'external-secrets.io/PushSecret': needs([5, 'spec', 'refreshInterval']),
  'postgresql.cnpg.io/Cluster': needs([19, 'status', 'instancesStatus']),
  'promoter.argoproj.io/PullRequest': needs([5, 'spec', 'state']),
  'psmdb.percona.com/PerconaServerMongoDB': needs([3, 'spec', 'pause']),
})
