import { byOne, type OwnTable } from './rules.ts'

/** Things in clouds that a controller in the cluster keeps. */
export const cloudRules: OwnTable = {
  // Its severity says whether it will try again: an error is what it has given up on.
  '*.azure.com/*': byOne({ fails: (condition) => condition['severity'] === 'Error', silent: true }),
  'elbv2.k8s.aws/TargetGroupBinding': byOne({ silent: true }),
  'app.terraform.io/Workspace': byOne({ silent: true }),
}
