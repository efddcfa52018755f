import type { Actor } from '@flotilla/shared/apiserver/objects'

/** Who controllers and the stand-in for kubelets are to the API. */
export const controllerManager: Actor = {
  user: 'system:kube-controller-manager',
  groups: ['system:masters', 'system:authenticated'],
}
