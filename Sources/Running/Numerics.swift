internal import Notebook

/// The variables that make numerical libraries give the same bits on every processor, or not.
///
/// Floating-point results differ between processors unless the libraries are told not to choose
/// their kernels by processor; the settings were found by comparing AMD EPYC with an emulated Intel
/// Haswell, bit by bit.
enum Numerics {
  static func variables(profile: String, threads: Int) -> [String: String] {
    var variables = [
      "LARDER_NUMERICS": profile,
      "OMP_NUM_THREADS": String(threads),
      "MKL_NUM_THREADS": String(threads),
      "OPENBLAS_NUM_THREADS": String(threads),
      "PYTHONHASHSEED": "0",
    ]
    if profile == "gpu" {
      // cuBLAS is repeatable only with a workspace of fixed size (its documentation, "Results
      // reproducibility"); TF32 would round where the device has it.
      variables["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
      variables["NVIDIA_TF32_OVERRIDE"] = "0"
      variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    }
    if profile != "native" {
      variables["ATEN_CPU_CAPABILITY"] = "avx2"
      variables["MKL_CBWR"] = "COMPATIBLE"
      variables["ONEDNN_MAX_CPU_ISA"] = "AVX2"
      variables["NPY_DISABLE_CPU_FEATURES"] = "X86_V4"
    }
    return variables
  }

  /// The profile that a step's key holds: library programs are portable unless the recipe says
  /// otherwise, a script has one only where it asks for it.
  static func profile(of step: Step, isProgram: Bool) -> String? {
    step.numerics ?? (isProgram ? "portable" : nil)
  }
}
