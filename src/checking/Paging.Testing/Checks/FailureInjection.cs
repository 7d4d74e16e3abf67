using Paging.Core;
using Paging.Testing.Generating;

namespace Paging.Testing.Checks;

/// <summary>Lets allocations of an engine fail on purpose: frames, page tables, and every record in native memory.</summary>
public static class FailureInjection
{
    private const int AllocationsMax = 10_000;

    /// <summary>Runs an operation on fresh engines: its first allocation fails, then its second, up to the last.</summary>
    /// <param name="create">Makes an engine in the state before the operation.</param>
    /// <param name="operation">May fail, but not throw. The audit follows.</param>
    /// <returns>The number of allocations that the operation makes.</returns>
    /// <exception cref="CheckFailedException">The operation threw, or the audit found something.</exception>
    public static int EachAllocationFailsOnce(Func<PagingEngine> create, Action<PagingEngine> operation)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(operation);
        for (int number = 1; number <= AllocationsMax; number++)
        {
            using PagingEngine engine = create() ?? throw new ArgumentException("The function has created no engine.", nameof(create));
            engine.RefuseAllocation(number);
            try
            {
                operation(engine);
                if (engine.IsRefusalPending) return number - 1;
                EngineAssert.IsSound(engine);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                throw new CheckFailedException($"with allocation {number} refused: {failure.Message}", failure);
            }
        }

        throw new CheckFailedException($"the operation makes more than {AllocationsMax} allocations");
    }
}
