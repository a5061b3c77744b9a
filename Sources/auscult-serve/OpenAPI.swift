/// The description of the API. `docs/openapi.json` has the same text.
enum OpenAPI {
  static let text = #"""
    {
     "openapi": "3.1.0",
     "info": {
      "title": "Auscult",
      "version": "1.0.0",
      "description": "The runs of one user on one machine, as `auscult serve` shows them. Reading needs no token on loopback; POST does, and so does everything on another address. Members may be added.",
      "license": {
       "name": "MIT",
       "identifier": "MIT"
      }
     },
     "servers": [
      {
       "url": "/"
      }
     ],
     "paths": {
      "/api/v1/runs": {
       "get": {
        "summary": "All runs",
        "responses": {
         "200": {
          "description": "Done",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "required": [
              "runs"
             ],
             "additionalProperties": false,
             "properties": {
              "runs": {
               "type": "array",
               "items": {
                "$ref": "#/components/schemas/Run"
               }
              }
             }
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        }
       }
      },
      "/api/v1/machines": {
       "get": {
        "summary": "The machines of all runs",
        "responses": {
         "200": {
          "description": "Done",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "required": [
              "machines"
             ],
             "additionalProperties": false,
             "properties": {
              "machines": {
               "type": "array",
               "items": {
                "$ref": "#/components/schemas/Machine"
               }
              }
             }
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        }
       }
      },
      "/api/v1/runs/{run}": {
       "get": {
        "summary": "The state of a run: the answer of `status` in the control protocol",
        "responses": {
         "200": {
          "description": "Done",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "required": [
              "name"
             ],
             "properties": {
              "name": {
               "type": "string"
              }
             }
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "404": {
          "description": "No such run",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        },
        "parameters": [
         {
          "name": "run",
          "in": "path",
          "required": true,
          "description": "Name of the run",
          "schema": {
           "type": "string",
           "minLength": 1
          }
         }
        ]
       }
      },
      "/api/v1/runs/{run}/machines": {
       "get": {
        "summary": "Its machines",
        "responses": {
         "200": {
          "description": "Done",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "required": [
              "machines"
             ],
             "additionalProperties": false,
             "properties": {
              "machines": {
               "type": "array",
               "items": {
                "$ref": "#/components/schemas/Machine"
               }
              }
             }
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "404": {
          "description": "No such run",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        },
        "parameters": [
         {
          "name": "run",
          "in": "path",
          "required": true,
          "description": "Name of the run",
          "schema": {
           "type": "string",
           "minLength": 1
          }
         }
        ]
       }
      },
      "/api/v1/runs/{run}/scores": {
       "get": {
        "summary": "Its latest scores",
        "responses": {
         "200": {
          "description": "Done",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "required": [
              "scores"
             ],
             "additionalProperties": false,
             "properties": {
              "scores": {
               "type": "array",
               "items": {
                "$ref": "#/components/schemas/Record"
               }
              }
             }
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "404": {
          "description": "No such run",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        },
        "parameters": [
         {
          "name": "run",
          "in": "path",
          "required": true,
          "description": "Name of the run",
          "schema": {
           "type": "string",
           "minLength": 1
          }
         },
         {
          "name": "machine",
          "in": "query",
          "description": "Only records of this machine",
          "schema": {
           "type": "string"
          }
         },
         {
          "name": "limit",
          "in": "query",
          "description": "Most records, the latest",
          "schema": {
           "type": "integer",
           "minimum": 1,
           "maximum": 2500,
           "default": 600
          }
         }
        ]
       }
      },
      "/api/v1/runs/{run}/events": {
       "get": {
        "summary": "Its latest alarms, deafness and gaps",
        "responses": {
         "200": {
          "description": "Done",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "required": [
              "events"
             ],
             "additionalProperties": false,
             "properties": {
              "events": {
               "type": "array",
               "items": {
                "$ref": "#/components/schemas/Record"
               }
              }
             }
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "404": {
          "description": "No such run",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        },
        "parameters": [
         {
          "name": "run",
          "in": "path",
          "required": true,
          "description": "Name of the run",
          "schema": {
           "type": "string",
           "minLength": 1
          }
         },
         {
          "name": "machine",
          "in": "query",
          "description": "Only records of this machine",
          "schema": {
           "type": "string"
          }
         },
         {
          "name": "limit",
          "in": "query",
          "description": "Most records, the latest",
          "schema": {
           "type": "integer",
           "minimum": 1,
           "maximum": 2500,
           "default": 600
          }
         }
        ]
       }
      },
      "/api/v1/runs/{run}/alarms": {
       "get": {
        "summary": "Its latest alarms",
        "responses": {
         "200": {
          "description": "Done",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "required": [
              "alarms"
             ],
             "additionalProperties": false,
             "properties": {
              "alarms": {
               "type": "array",
               "items": {
                "$ref": "#/components/schemas/Record"
               }
              }
             }
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "404": {
          "description": "No such run",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        },
        "parameters": [
         {
          "name": "run",
          "in": "path",
          "required": true,
          "description": "Name of the run",
          "schema": {
           "type": "string",
           "minLength": 1
          }
         },
         {
          "name": "machine",
          "in": "query",
          "description": "Only records of this machine",
          "schema": {
           "type": "string"
          }
         },
         {
          "name": "limit",
          "in": "query",
          "description": "Most records, the latest",
          "schema": {
           "type": "integer",
           "minimum": 1,
           "maximum": 2500,
           "default": 600
          }
         }
        ]
       }
      },
      "/api/v1/runs/{run}/changes/{change}": {
       "get": {
        "summary": "The progress of a change",
        "responses": {
         "200": {
          "description": "Done",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "required": [
              "state"
             ],
             "properties": {
              "state": {
               "enum": [
                "waiting",
                "warming",
                "done",
                "failed"
               ]
              }
             }
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "404": {
          "description": "No such run",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "422": {
          "description": "No such change",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "502": {
          "description": "The run does not answer",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "503": {
          "description": "Too many requests are under way",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        },
        "parameters": [
         {
          "name": "run",
          "in": "path",
          "required": true,
          "description": "Name of the run",
          "schema": {
           "type": "string",
           "minLength": 1
          }
         },
         {
          "name": "change",
          "in": "path",
          "required": true,
          "schema": {
           "type": "integer",
           "minimum": 1
          }
         }
        ]
       }
      },
      "/api/v1/runs/{run}/{action}": {
       "post": {
        "summary": "Changes a run",
        "description": "The body has the parameters of the method of the same name in the control protocol.",
        "security": [
         {
          "token": []
         }
        ],
        "parameters": [
         {
          "name": "run",
          "in": "path",
          "required": true,
          "description": "Name of the run",
          "schema": {
           "type": "string",
           "minLength": 1
          }
         },
         {
          "name": "action",
          "in": "path",
          "required": true,
          "schema": {
           "enum": [
            "apply",
            "discard",
            "promote",
            "rollback",
            "set",
            "shadow",
            "stop",
            "swap"
           ]
          }
         }
        ],
        "requestBody": {
         "required": false,
         "content": {
          "application/json": {
           "schema": {
            "$ref": "#/components/schemas/Change"
           }
          }
         }
        },
        "responses": {
         "202": {
          "description": "Accepted",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "properties": {
              "change": {
               "type": "integer",
               "description": "Ask for it at /changes/{change}"
              },
              "stopping": {
               "type": "boolean"
              }
             }
            }
           }
          }
         },
         "401": {
          "description": "No token, or a wrong one",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "404": {
          "description": "No such run",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "405": {
          "description": "No such action",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "413": {
          "description": "The body is too large",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "422": {
          "description": "The run refuses it",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "502": {
          "description": "The run does not answer",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "503": {
          "description": "Too many requests are under way",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        }
       }
      },
      "/api/v1/openapi.json": {
       "get": {
        "summary": "This description",
        "responses": {
         "200": {
          "description": "Done",
          "content": {
           "application/json": {
            "schema": {
             "type": "object",
             "required": [
              "openapi"
             ]
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        }
       }
      },
      "/events": {
       "get": {
        "summary": "Records as they come (server-sent events)",
        "description": "Event `record`: `{\"run\": NAME, \"record\": RECORD}`. Event `run`: `{\"run\": NAME, \"state\": \"begun\" or \"ended\"}`. A client that does not read loses events.",
        "parameters": [
         {
          "name": "run",
          "in": "query",
          "description": "Only of this run",
          "schema": {
           "type": "string"
          }
         }
        ],
        "responses": {
         "200": {
          "description": "A stream that does not end",
          "content": {
           "text/event-stream": {
            "schema": {
             "type": "string"
            }
           }
          }
         },
         "503": {
          "description": "Too many clients",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        }
       }
      },
      "/metrics": {
       "get": {
        "summary": "Figures for Prometheus",
        "responses": {
         "200": {
          "description": "Text format 0.0.4",
          "content": {
           "text/plain": {
            "schema": {
             "type": "string"
            }
           }
          }
         },
         "400": {
          "description": "The path, the query or the body is not well formed",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "403": {
          "description": "From a page of another origin",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         },
         "421": {
          "description": "Unknown Host",
          "content": {
           "application/json": {
            "schema": {
             "$ref": "#/components/schemas/Problem"
            }
           }
          }
         }
        }
       }
      }
     },
     "components": {
      "securitySchemes": {
       "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The content of the token file"
       }
      },
      "schemas": {
       "Problem": {
        "type": "object",
        "required": [
         "error"
        ],
        "additionalProperties": false,
        "properties": {
         "error": {
          "type": "string"
         }
        }
       },
       "Run": {
        "type": "object",
        "required": [
         "name",
         "machines"
        ],
        "properties": {
         "name": {
          "type": "string"
         },
         "graph": {
          "type": "string"
         },
         "pid": {
          "type": "integer"
         },
         "health": {
          "type": "string"
         },
         "machines": {
          "type": "integer"
         },
         "waits_for_server": {
          "type": "boolean"
         },
         "seconds": {
          "type": "number"
         },
         "load": {
          "type": "number"
         },
         "generation": {
          "type": "number"
         }
        }
       },
       "Machine": {
        "type": "object",
        "required": [
         "run",
         "machine",
         "state"
        ],
        "properties": {
         "run": {
          "type": "string"
         },
         "machine": {
          "type": "string"
         },
         "state": {
          "enum": [
           "alarm",
           "failed",
           "deaf",
           "overdue",
           "learning",
           "normal",
           "unknown"
          ]
         },
         "health": {
          "type": "string"
         },
         "scores": {
          "type": "array",
          "items": {
           "type": "object",
           "properties": {
            "node": {
             "type": "string"
            },
            "score": {
             "type": "number"
            },
            "threshold": {
             "type": "number"
            },
            "age_seconds": {
             "type": "number"
            }
           }
          }
         },
         "alarms": {
          "type": "array",
          "items": {
           "type": "object",
           "properties": {
            "node": {
             "type": "string"
            },
            "state": {
             "enum": [
              "clear",
              "raised"
             ]
            }
           }
          }
         }
        }
       },
       "Record": {
        "type": "object",
        "required": [
         "kind"
        ],
        "description": "As `sink.jsonl` writes it",
        "properties": {
         "kind": {
          "type": "string"
         },
         "node": {
          "type": "string"
         },
         "machine": {
          "type": "string"
         },
         "time": {
          "type": "string"
         },
         "begin": {
          "type": "number"
         },
         "end": {
          "type": "number"
         },
         "rate": {
          "type": "number"
         },
         "score": {
          "type": "number"
         },
         "threshold": {
          "type": "number"
         }
        }
       },
       "Change": {
        "type": "object",
        "additionalProperties": false,
        "properties": {
         "node": {
          "type": "string",
          "minLength": 1
         },
         "values": {
          "type": "array",
          "items": {
           "type": "string",
           "pattern": "="
          }
         },
         "dry_run": {
          "type": "boolean"
         },
         "file": {
          "type": "string",
          "pattern": "^/",
          "description": "An absolute path"
         },
         "fresh": {
          "type": "boolean"
         },
         "timeout": {
          "type": "number",
          "exclusiveMinimum": 0
         }
        }
       }
      }
     }
    }

    """#
}
