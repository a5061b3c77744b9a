// program/1: the instances of a class are programs of the user, in any language. An ability without functions: return any
// pointer from `extension`. The class has a parameter `command`, a list of texts: the program and its arguments.
//
// The host starts the program in a process of its own and sends it each call over shared memory. It never calls the
// functions of such a class. A detector only: one input, one output with scores. Since 1.3.

#ifndef AUSCULT_PROGRAM_H
#define AUSCULT_PROGRAM_H

#include "auscult/node.h"

#define AUSCULT_PROGRAM "program/1"

#endif
