@_exported import SwaleCore
@_exported import SwaleLandscapes
@_exported import SwaleMetrics
@_exported import SwaleSolvers
@_exported import SwaleTheory

extension Registry {
  /// The registry of this process: everything built in, and what plugins add.
  public static let shared = Registry.withBuiltins()

  /// The one list of everything built in. A new component is one file and one line here.
  static func withBuiltins() -> Registry {
    Registry(builtins: [
      // layers
      Registration(Dense.self),
      Registration(Activation.self),
      Registration(Flatten.self),
      Registration(Add.self),
      Registration(Softmax.self),
      // losses
      Registration(CrossEntropy.self),
      Registration(MeanSquaredError.self),
      Registration(Logistic.self),
      Registration(Hinge.self),
      Registration(ErrorCount.self),
      // objectives
      Registration(Network.self),
      Registration(Perceptron.self),
      Registration(Committee.self),
      Registration(Parity.self),
      Registration(GaussianMixture.self),
      Registration(Quadratic.self),
      Registration(Rosenbrock.self),
      Registration(MuellerBrown.self),
      // solvers
      Registration(SGD.self),
      Registration(Adam.self),
      Registration(RMSprop.self),
      Registration(Adagrad.self),
      Registration(EntropySGD.self),
      Registration(ReplicatedSGD.self),
      Registration(Langevin.self),
      Registration(LBFGS.self),
      Registration(NewtonCG.self),
      Registration(Metropolis.self),
      Registration(SimulatedAnnealing.self),
      Registration(ReplicatedAnnealing.self),
      Registration(SBPI.self),
      Registration(LeastAction.self),
      Registration(EntropicLeastAction.self),
      Registration(MaxSum.self),
      Registration(AMP.self),
      Registration(MinOver.self),
      Registration(BeliefPropagation.self),
      Registration(FocusingBP.self),
      Registration(GreedyLocalEntropy.self),
      // metrics: curvature
      Registration(HessianTop.self),
      Registration(GaussNewtonTop.self),
      Registration(HessianTrace.self),
      Registration(HessianSpectrum.self),
      Registration(HessianDense.self),
      Registration(HessianIndex.self),
      // metrics: surfaces
      Registration(LocalEnergy.self),
      Registration(Plane.self),
      Registration(LinearPath.self),
      Registration(Distance.self),
      // metrics: solutions
      Registration(Stabilities.self),
      Registration(Overlaps.self),
      Registration(GeneralizationError.self),
      // metrics: entropies
      Registration(Enumeration.self),
      Registration(LocalEntropy.self),
      Registration(BetheEntropy.self),
      Registration(FranzParisi.self),
      // theory
      Registration(PerceptronReplica.self),
      Registration(CommitteeReplica.self),
      // datasets
      Registration(IdxFiles.self),
      Registration(CsvFile.self),
      Registration(NpyFiles.self),
      Registration(RandomPatterns.self),
      Registration(GaussianInputs.self),
      Registration(TeacherStudentData.self),
      Registration(GaussianMixtureData.self),
      // transforms
      Registration(Standardize.self),
      Registration(ScaleInputs.self),
      Registration(Binarize.self),
      Registration(SelectClasses.self),
      Registration(ClassCount.self),
      Registration(Subset.self),
      Registration(Split.self),
      Registration(LabelNoise.self),
      Registration(Shuffle.self),
      Registration(OneHot.self),
      // initialisers
      Registration(He.self),
      Registration(Xavier.self),
      Registration(Gaussian.self),
      Registration(Uniform.self),
      Registration(Binary.self),
      // limits of a run
      Registration(RunSettings.self),
    ])
  }
}
