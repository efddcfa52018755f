import type { Admission } from '../hooks.ts'
import { resourceName } from '../resource.ts'
import { fieldsOf, sameValue, textOf } from '../validation/values.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'
import { refuse } from './refusal.ts'

const group = 'certificates.k8s.io'
const requests = `certificatesigningrequests.${group}`

async function mayUseSigner(request: Admission, world: AdmissionWorld, verb: string, signer: string): Promise<boolean> {
  const ask = async (name: string): Promise<boolean> =>
    (await world.authorize(request.actor, { verb, group, version: '*', resource: 'signers', name })).allowed
  // All signers of a domain can be given at once.
  return (await ask(signer)) || (await ask(`${signer.split('/')[0] ?? ''}/*`))
}

const signerOf = (request: Admission): string => textOf(fieldsOf(request.oldObject?.['spec'])['signerName'])

/** Who approves or denies a request for a certificate must be allowed to for its signer. */
export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  resources: [requests],
  async validate(request, world) {
    if (request.operation !== 'UPDATE' || request.subresource !== 'approval') return
    const signer = signerOf(request)
    if (!(await mayUseSigner(request, world, 'approve', signer)))
      throw refuse(request, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`)
  },
}

/** Who writes a certificate must be allowed to sign as its signer. */
export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  resources: [requests],
  async validate(request, world) {
    const { operation, subresource, object, oldObject } = request
    if (operation !== 'UPDATE' || subresource !== 'status') return
    const [now, before] = [fieldsOf(object?.['status']), fieldsOf(oldObject?.['status'])]
    if (now['certificate'] === before['certificate'] && sameValue(now['conditions'], before['conditions'])) return
    const signer = signerOf(request)
    if (!(await mayUseSigner(request, world, 'sign', signer)))
      throw refuse(request, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`)
  },
}

const mastersName = 'system:masters'

/** Nobody may ask the API's own signer for a certificate that may do everything. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  resources: [requests],
  validate(request) {
    const { operation, subresource, object, resource } = request
    if (operation !== 'CREATE' || subresource !== undefined || resourceName(resource) !== requests) return
    const spec = fieldsOf(object?.['spec'])
    if (spec['signerName'] !== 'kubernetes.io/kube-apiserver-client') return
    const pem = Buffer.from(textOf(spec['request']), 'base64').toString('utf8')
    const body = /-----BEGIN CERTIFICATE REQUEST-----([^-]+)-----END/.exec(pem)?.[1] ?? ''
    if (!organizationsOf(Buffer.from(body, 'base64')).includes(mastersName)) return
    throw refuse(request, `use of kubernetes.io/kube-apiserver-client signer with ${mastersName} group is not allowed`)
  },
}

/** The tag of an organisation (2.5.4.10) in DER, before the tag, length and text of its value. */
const organizationTag = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x0a])

function organizationsOf(der: Buffer): string[] {
  const names: string[] = []
  for (let at = der.indexOf(organizationTag); at >= 0; at = der.indexOf(organizationTag, at + 1)) {
    const start = at + organizationTag.length + 2
    names.push(der.subarray(start, start + (der[start - 1] ?? 0)).toString('utf8'))
  }
  return names
}
