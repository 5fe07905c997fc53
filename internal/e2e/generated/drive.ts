// SPDX-License-Identifier: Apache-2.0

// Lets a client whose types were generated from an OpenAPI document do a task,
// as drive/main.go does. The task comes in on standard input and the outcome
// goes out on standard output, both as JSON, since they hold secrets.
import createClient from "openapi-fetch";
import type { paths as OCC } from "./occ.js";
import type { paths as Commvault } from "./commvault.js";
import type { paths as Native } from "./native.js";
import type { paths as OAuth } from "./oauth.js";

// What is used of Node, whose own types are not installed.
declare const process: {
  stdin: AsyncIterable<Uint8Array>;
  stdout: { write(text: string): void };
};

interface Task {
  client: string;
  server: string;
  username: string;
  password: string;
  key: string;
  name: string;
}

interface Outcome {
  refused: string;
  found: string[];
  code: string;
  shown: string;
}

const form = { "Content-Type": "application/x-www-form-urlencoded" };

function want<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}

async function occ(t: Task): Promise<Outcome> {
  const client = createClient<OCC, "application/json">({ baseUrl: t.server });
  const wrong = { grant_type: "password", username: t.username, password: "no " + t.password };
  const refused = await client.POST("/login", { body: wrong, headers: form });
  const login = await client.POST("/login", {
    body: { grant_type: "client_credentials" },
    headers: { ...form, Authorization: "Bearer " + t.key },
  });
  const headers = { Authorization: "Bearer " + want(login.data, "log-in").access_token };
  const list = await client.GET("/organizations", {
    params: { query: { q: `name eq ${JSON.stringify(t.name)}`, limit: 10, offset: 0 } },
    headers,
  });
  const found = want(list.data, "list").items.map((item) => item.id);
  const code = await client.POST("/organizations/{id}/authorizationCode", {
    params: { path: { id: want(found[0], "organization") } },
    headers,
  });
  return {
    refused: want(refused.error, "refusal").error,
    found,
    code: want(code.data, "code").authorizationCode,
    shown: "",
  };
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

async function commvault(t: Task): Promise<Outcome> {
  const client = createClient<Commvault, "application/json">({ baseUrl: t.server, headers: { Accept: "application/json" } });
  const login = async (password: string) => {
    const { data } = await client.POST("/login", { body: { username: t.username, password: base64(password) } });
    return want(data, "log-in");
  };
  const refused = await login("no " + t.password);
  if (!("errList" in refused)) throw new Error("a refusal in the oldest form");
  const session = await login(t.password);
  if (!("token" in session)) throw new Error("the log-in is refused");
  const headers = { Authtoken: session.token };
  const list = await client.GET("/organization", {
    params: { query: { fq: ["connectName:eq:" + t.name], start: 0, limit: 10 } },
    headers,
  });
  const found = want(list.data, "list").providers.map((company) => String(company.shortName.id));
  const path = { id: want(found[0], "organization") };
  const made = want((await client.POST("/organization/{id}/authtoken", { params: { path }, headers })).data, "code");
  if (!("organizationProperties" in made)) throw new Error("the code is refused");
  const shown = want((await client.GET("/organization/{id}/authtoken", { params: { path }, headers })).data, "code");
  return {
    refused: want(refused.errList[0], "refusal").errLogMessage,
    found,
    code: made.organizationProperties.authCode,
    shown: want(shown.organizationInfo.organizationProperties.authCode, "code"),
  };
}

async function native(t: Task): Promise<Outcome> {
  const client = createClient<Native>({ baseUrl: t.server + "/v1" });
  const refused = await client.POST("/login", { body: { username: t.username, password: "no " + t.password } });
  const login = await client.POST("/login", { body: { username: t.username, password: t.password } });
  const headers = { Authorization: "Bearer " + want(login.data, "log-in").accessToken };
  const made = await client.POST("/organizations/{organization}/auth-codes", {
    params: { path: { organization: t.name } },
    body: { name: t.client, expiresAt: "never", maxUses: "unlimited" },
    headers,
  });
  const { id, authorizationCode } = want(made.data, "code");
  const code = want(authorizationCode, "text of the code");
  const enrolled = want(
    (await client.POST("/enrollments", { body: { authorizationCode: code, client: { name: t.client, instanceId: t.client } } })).data,
    "enrolment",
  );
  const shown = await oauth(t, code, enrolled);
  const list = await client.GET("/clients", { params: { query: { authCode: id } }, headers });
  return { refused: want(refused.error, "refusal").code, found: want(list.data, "list").items.map((one) => one.id), code, shown };
}

async function oauth(t: Task, code: string, enrolled: { clientId: string; clientKey: string }): Promise<string> {
  const client = createClient<OAuth>({ baseUrl: t.server });
  const registered = await client.POST("/oauth2/register", {
    body: { client_name: t.client + " by OAuth" },
    headers: { Authorization: "Bearer " + code },
  });
  const { client_id, client_secret } = want(registered.data, "registration");
  const encoded = { headers: form, bodySerializer: (body: Record<string, unknown>) => new URLSearchParams(body as Record<string, string>) };
  const own = await client.POST("/oauth2/token", {
    ...encoded,
    body: { grant_type: "client_credentials" },
    headers: { ...form, Authorization: "Basic " + base64(enrolled.clientId + ":" + enrolled.clientKey) },
  });
  want(own.data, "token by the header");
  const issued = await client.POST("/oauth2/token", {
    ...encoded,
    body: { grant_type: "client_credentials", client_id, client_secret: want(client_secret, "secret") },
  });
  const token = want(issued.data, "token").access_token;
  const found = await client.POST("/oauth2/introspect", {
    ...encoded,
    body: { token },
    headers: { ...form, Authorization: "Bearer " + token },
  });
  const worth = want(found.data, "introspection");
  if (!worth.active) throw new Error("the token is not active");
  return want(worth.client_name, "name");
}

let input = "";
const decoder = new TextDecoder();
for await (const chunk of process.stdin) input += decoder.decode(chunk, { stream: true });
const task: Task = JSON.parse(input);
const wires: Record<string, (t: Task) => Promise<Outcome>> = { occ, commvault, native };
const outcome = await want(wires[task.client.split("/")[0] ?? ""], "wire")(task);
process.stdout.write(JSON.stringify(outcome));
