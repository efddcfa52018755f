import { resourcesOf } from '../apiserver/crd/resources.ts'
import type { Resource } from '../apiserver/resource.ts'
import { argoCrds } from './crds.ts'

/** The kinds of Argo CD as the hub serves them: as their definitions say, so that what is wrong is refused where it is written. */
export const argoResources: readonly Resource[] = argoCrds.flatMap(resourcesOf)
