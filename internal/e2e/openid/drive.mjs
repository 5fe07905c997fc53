// SPDX-License-Identifier: Apache-2.0

// Registers three clients with an authorization code as initial access token, gets a token
// for each by client credentials, and introspects and revokes it. GATEHOUSE and CODE say
// where the server is and which code to use. Each line of the output is what came of one
// client.
import * as oauth from "openid-client"

const server = new URL(process.env.GATEHOUSE)
const options = { algorithm: "oauth2", initialAccessToken: process.env.CODE, execute: [oauth.allowInsecureRequests] }

async function keyed(algorithm) {
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", pair.publicKey)
  return { metadata: { jwks: { keys: [{ kty, crv, x, y }] }, token_endpoint_auth_method: "private_key_jwt" },
    authentication: oauth.PrivateKeyJwt(pair.privateKey) }
}

const clients = {
  "secret in the body": { metadata: { token_endpoint_auth_method: "client_secret_post" } },
  "secret in the header": { metadata: {}, basic: true },
  "signed with P-256": await keyed({ name: "ECDSA", namedCurve: "P-256" }),
  "signed with Ed25519": await keyed({ name: "Ed25519" }),
}

for (const [name, { metadata, authentication, basic }] of Object.entries(clients)) {
  try {
    let config = await oauth.dynamicClientRegistration(server, { client_name: name, grant_types: ["client_credentials"], ...metadata }, authentication, options)
    if (basic) {
      const { client_id, client_secret } = config.clientMetadata()
      config = await oauth.discovery(server, client_id, {}, oauth.ClientSecretBasic(client_secret), options)
    }
    const { access_token, token_type, expires_in } = await oauth.clientCredentialsGrant(config)
    const before = await oauth.tokenIntrospection(config, access_token)
    await oauth.tokenRevocation(config, access_token)
    const after = await oauth.tokenIntrospection(config, access_token)
    console.log(JSON.stringify({ name, token_type, expires_in, before: before.active, client_name: before.client_name, after: after.active }))
  } catch (error) {
    console.log(JSON.stringify({ name, error: error.message, code: error.code, cause: error.cause?.error ?? String(error.cause) }))
  }
}
