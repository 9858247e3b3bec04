/* @name@: written by anetc @version@ from @source@. Do not edit: change the model and compile it again.
 *
 * The data below is the whole program: parameters, MIL kernels, and the steps that run them forward and backward.
 * libanet executes it (anet_main); abi.h says what each field means. */
#include "abi.h"

/* --- what goes in --- */

static const anet_token_input inputs[] = {@inputs@
};

static const anet_token_input targets[] = {@targets@
};

static const anet_config config[] = {@config@
};

/* --- parameters --- */

static const anet_param params[] = {@params@
};

/* arrays of foreign checkpoints */
static const anet_foreign foreign[] = {@foreign@
};

/* --- kernels: MIL text --- */
@mil@@feeds@
static const anet_kernel kernels[] = {@kernels@
};

/* --- tensors between steps, and the memory they share --- */

static const size_t slots[] = {@slots@
};

static const anet_value values[] = {@values@
};

/* --- steps: inputs, then outputs --- */
@args@
static const anet_step steps[] = {@steps@
};

static const anet_model model = {
    .abi_version = ANET_ABI_VERSION,
    .name = "@name@",
@counts@
    .inputs = inputs,
    .targets = targets,
    .config = config,
    .params = params,
    .slots = slots,
    .values = values,
    .kernels = kernels,
    .steps = steps,
    .foreign = foreign,
    .recipe = {@recipe@},
};

int main(int argc, char **argv) {
    return anet_main(&model, argc, argv);
}
