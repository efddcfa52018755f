import { dump } from 'js-yaml'
import { argoCrds } from '@flotilla/shared/argo/crds'
import { installManifest } from '../fleet/install.ts'
import { hubManifest } from './hub.ts'

const image = 'ghcr.io/flotilla/flotilla:latest'

/** Everything below `manifests/` that is made from code, by its path there. */
export function manifests(): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const crd of argoCrds) {
    const plural = (crd.metadata.name ?? '').split('.')[0] ?? ''
    files.set(`crds/${plural}.yaml`, dump(crd, { lineWidth: 140, noRefs: true }))
  }
  files.set('hub/install.yaml', hubManifest({ namespace: 'flotilla', image }))
  const shown = { cluster: 'CLUSTER', hubUrl: 'https://HUB:8443', token: 'TOKEN', image }
  const how = `# As an example: 'flotilla cluster add CLUSTER -o manifest' prints it with the address and a token that is good once.\n`
  files.set('agent/install.yaml', how + installManifest(shown))
  return files
}
