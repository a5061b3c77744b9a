#include "auscult/node.h"
