# SPDX-License-Identifier: Apache-2.0
"""What Python programs do that reach both wires with requests.

They send forms, JSON and XML without saying what they accept, and read the
answers with .json(), ElementTree and xmltodict. Fails where one would break.
"""
import base64
import os
import xml.etree.ElementTree as ElementTree

import requests
import xmltodict

URL, PASSWORD = os.environ["URL"], os.environ["PASSWORD"]
session = requests.Session()
session.trust_env = False  # no proxy, no .netrc


def oracle() -> tuple[str, str]:
    """Logs in with a form, pages and makes a code; returns organization and code."""
    form = {"grant_type": "password", "username": "admin", "password": PASSWORD}
    answer = session.post(URL + "/ccadmin/v1/login", data=form)
    answer.raise_for_status()
    session.headers["Authorization"] = "Bearer " + answer.json()["access_token"]
    for name in ("Quince", "Medlar", "Sloe"):
        answer = session.post(URL + "/ccadmin/v1/organizations", json={"name": name})
        answer.raise_for_status()
    names, offset = [], 0
    while True:
        query = {"q": 'name co "e" or name co "sl"', "sort": "name:asc", "limit": 2, "offset": offset}
        page = session.get(URL + "/ccadmin/v1/organizations", params=query).json()
        names += [(item["name"], item["id"]) for item in page["items"]]
        offset += page["limit"]
        if offset >= page["totalResults"]:
            break
    assert [name for name, _ in names] == ["Medlar", "Quince", "Sloe"], names
    answer = session.post(URL + f"/ccadmin/v1/organizations/{names[0][1]}/authorizationCode")
    answer.raise_for_status()
    bad = session.post(URL + "/ccadmin/v1/verify", headers={"Authorization": "Bearer nothing"})
    assert (bad.status_code, bad.json()["status"]) == (401, "401"), bad.text
    assert session.post(URL + "/ccadmin/v1/verify").json() == {"success": True}
    return names[0][1], answer.json()["authorizationCode"]


def commvault(number: str, code: str) -> None:
    """Logs in by XML and by JSON and reads the code in both."""
    del session.headers["Authorization"]
    encoded = base64.b64encode(PASSWORD.encode()).decode()
    root = URL + "/SearchSvc/CVWebService.svc/"
    text = f'<DM2ContentIndexing_CheckCredentialReq mode="Webconsole" username="admin" password="{encoded}" />'
    tree = ElementTree.fromstring(session.post(root + "Login", data=text).text)
    token = {"Authtoken": tree.attrib["token"]}
    wants_xml = {**token, "Accept": "application/xml"}
    tree = ElementTree.fromstring(session.get(root + f"Organization/{number}/AuthToken", headers=wants_xml).text)
    assert tree.find("organizationInfo/organizationProperties").attrib["authCode"] == code
    who = xmltodict.parse(session.post(root + "WhoAmI", headers=wants_xml).content)
    assert who["CvEntities_ProcessingInstructionInfo"]["user"]["@userName"] == "admin", who

    wants_json = {"Accept": "application/json"}
    answer = session.post(root + "Login", json={"mode": 4, "username": "admin", "password": encoded}, headers=wants_json)
    wants_json["Authtoken"] = answer.json()["token"]
    shown = session.get(root + f"Organization/{number}/AuthToken", headers=wants_json).json()
    assert shown["organizationInfo"]["organizationProperties"]["authCode"] == code
    listed = session.get(root + "Organization", params={"fq": "name:eq:Medlar"}, headers=wants_json).json()
    assert [row["shortName"]["id"] for row in listed["providers"]] == [int(number)], listed
    refused = session.post(root + "Login", json={"username": "admin", "password": "bm8="}, headers={"Accept": "application/json"})
    assert refused.status_code == 200 and refused.json()["errList"][0]["errLogMessage"], refused.text
    assert session.post(root + "Logout", headers=token).text == "User logged out"


organization, secret = oracle()
commvault(organization.removeprefix("or-"), secret)
print("all of it holds")
