"""Writes the excerpt of an OCSF schema that the tests validate exported events against.

The Python package ocsf-json-schema has the schema as published, and makes a JSON Schema of each class of
it. The excerpt keeps the classes that docs/ocsf.md names, and of them the attributes that are required or
that Claviger writes, unchanged but for their order; an attribute that is not kept is refused. So after
Claviger has learned to write another attribute, add it here and write the excerpts again:

    pip install ocsf-json-schema==1.2.0
    for version in 1.5.0 1.8.0; do python excerpt.py $version > schema-$version.json; done
"""

import json
import sys

from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

CLASSES = ["authentication", "account_change", "entity_management", "base_event"]

EVENT = """activity_id activity_name category_uid category_name class_uid class_name type_uid type_name time
    severity_id severity status_id status status_code status_detail metadata unmapped"""
OF_CALLS = "actor src_endpoint http_request"

# What Claviger writes, by class and by object.
WRITTEN = {
    "authentication": f"""{EVENT} {OF_CALLS} user service session auth_protocol auth_protocol_id
        auth_factors is_mfa""",
    "account_change": f"{EVENT} {OF_CALLS} user",
    "entity_management": f"{EVENT} {OF_CALLS} entity comment",
    "base_event": EVENT,
    "actor": "user session app_name",
    "auth_factor": "factor_type_id factor_type",
    "http_request": "user_agent uid",
    "managed_entity": "uid name type_id type",
    "metadata": "version product uid event_code sequence correlation_uid log_name",
    "network_endpoint": "ip",
    "object": "",
    "product": "name vendor_name version",
    "service": "name",
    "session": "uid",
    "user": "uid name type_id type",
}


def excerpt(name, schema):
    """The schema of a class or an object, with the attributes that are written."""
    missing = set(schema.get("required", [])) - set(WRITTEN[name].split())
    assert not missing, f"{name} requires {missing}"
    kept = {it: schema["properties"][it] for it in WRITTEN[name].split()}
    for attribute in kept.values():
        if "enum" in attribute:
            attribute["enum"].sort()
    return {it: value for it, value in {**schema, "properties": kept}.items() if it[0] != "$"}


def activities(version, name):
    """The names of the activities of a class, by their numbers."""
    attribute = get_ocsf_schema(version)["classes"][name]["attributes"]["activity_id"]
    enum = sorted(attribute["enum"].items(), key=lambda it: int(it[0]))
    return {number: value["caption"] for number, value in enum}


def line(value):
    return json.dumps(value, ensure_ascii=False)


def main(version):
    schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version))
    definitions = {}
    for name in CLASSES:
        schema = schemas.get_class_schema(name)
        objects = {it: schema["$defs"][it] for it in schema["$defs"] if it in WRITTEN}
        for it, schema_of_it in [(name, schema), *objects.items()]:
            definitions[it] = excerpt(it, schema_of_it)
    comment = f"Excerpt of the OCSF schema {version}, (c) the OCSF project, Apache-2.0: see README.md"
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$comment": comment}
    # No keyword of JSON Schema: the names of the activities, by class.
    document["activities"] = {it: activities(version, it) for it in CLASSES}
    members = [f'"{it}": {line(value)}' for it, value in document.items()]
    objects = ",\n".join(f'"{it}": {line(definitions[it])}' for it in sorted(definitions))
    print("{\n" + ",\n".join(members) + ',\n"$defs": {\n' + objects + "\n}\n}")


main(sys.argv[1])
