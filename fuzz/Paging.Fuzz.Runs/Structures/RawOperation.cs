using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>
/// An operation on a structure before it has a meaning: numbers that a run reads modulo its live state, so that any list of them
/// is valid and can be shrunk.
/// </summary>
internal readonly record struct RawOperation(uint Kind, uint A, uint B, uint C)
{
    /// <summary>A random one.</summary>
    public static RawOperation Draw(FuzzRandom random, int kindCount)
    {
        ulong low = random.Next(), high = random.Next();
        return new(random.Below((uint)kindCount), (uint)low, (uint)(low >> 32), (uint)high);
    }
}

/// <summary>A structure of the engine beside a simple model of it, for one list of operations.</summary>
internal interface IStructureRun : IDisposable
{
    /// <summary>Executes an operation on both.</summary>
    /// <param name="operation">The operation, modulo the live state.</param>
    /// <param name="failure">How the two differ; null when they agree.</param>
    /// <returns>The place of the outcome in the target's list.</returns>
    int Execute(in RawOperation operation, out string? failure);

    /// <summary>Compares everything, and audits. Null when all holds.</summary>
    string? Verify();

    /// <summary>Gives everything back and checks that nothing is left. Null when all holds.</summary>
    string? Finish() => Verify();
}
