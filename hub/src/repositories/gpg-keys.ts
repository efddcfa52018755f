import type { Objects } from '@flotilla/shared/apiserver/objects'
import { changeConfigMap, readConfigMap } from './config-map.ts'
import { keyId, readPublicKeys, type PublicKey } from './pgp.ts'

const keysMap = 'argocd-gpg-keys-cm'

/** The keys that are configured; an entry that is not what its name says fails the list, as with Argo CD. */
export async function listKeys(objects: Objects): Promise<PublicKey[]> {
  const entries = Object.entries(await readConfigMap(objects, keysMap))
  return entries.map(([name, text]) => {
    const expected = keyId(name)
    const [key, ...others] = readPublicKeys(text)
    if (!key) throw new Error(`error parsing GPG key for entry "${expected}": could not find the GPG key`)
    if (others.length > 0)
      throw new Error(`error parsing GPG key for entry "${expected}": more than one key found in input data`)
    if (key.keyID !== expected) {
      throw new Error(`key parsed for entry with key ID '${expected}' had different key ID '${key.keyID}'`)
    }
    return { ...key, keyData: text }
  })
}

/** Adds the keys of an armored text; those that are there are told and left alone. */
export async function addKeys(
  objects: Objects,
  text: string,
): Promise<{ readonly added: PublicKey[]; readonly skipped: string[] }> {
  const keys = readPublicKeys(text)
  if (keys.length === 0) throw new Error('error validating PGP keys from input: no valid OpenPGP data found')
  return changeConfigMap(objects, keysMap, (data) => {
    const added = keys.filter((key) => data[key.keyID] === undefined)
    const more = Object.fromEntries(added.map((key) => [key.keyID, key.keyData]))
    const skipped = keys.flatMap((key) => (data[key.keyID] === undefined ? [] : [key.keyID]))
    return { data: { ...data, ...more }, result: { added, skipped } }
  })
}

export async function removeKey(objects: Objects, id: string): Promise<void> {
  await changeConfigMap(objects, keysMap, (data) => {
    if (data[id] === undefined) throw new Error(`no such key configured: ${id}`)
    return { data: Object.fromEntries(Object.entries(data).filter(([key]) => key !== id)), result: undefined }
  })
}
