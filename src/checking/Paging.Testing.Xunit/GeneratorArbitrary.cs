using FsCheck;
using FsCheck.Fluent;

namespace Paging.Testing.Xunit;

/// <summary>Generators for FsCheck.</summary>
public static class GeneratorArbitrary
{
    /// <summary>Returns an arbitrary that draws from a generator and shrinks as it does.</summary>
    public static Arbitrary<T> ToArbitrary<T>(this Generator<T> generator)
    {
        ArgumentNullException.ThrowIfNull(generator);
        Gen<ulong> seeds = Gen.Choose(0, int.MaxValue).Zip(Gen.Choose(0, int.MaxValue))
            .Select(static pair => ((ulong)pair.Item1 << 32) | (uint)pair.Item2);
        return Arb.From(seeds.Select(generator.Draw), generator.Smaller);
    }
}
