using Paging.Core;
using Paging.Testing.Generating;

namespace Paging.Testing.Checks;

/// <summary>Lets allocations of an engine fail on purpose: frames, page tables, and every record in native memory.</summary>
public static class FailureInjection
{
    private const int AllocationsMax = 10_000;

    /// <summary>Runs an operation on fresh engines: its first allocation fails, then its second, up to the last.</summary>
    /// <param name="create">Makes an engine in the state before the operation.</param>
    /// <param name="operation">May fail, and throw one of the allowed exceptions. The audit follows.</param>
    /// <param name="isAllowed">
    /// Returns true if the operation may end with the exception after an allocation was refused. Null: as the engine's own calls do that
    /// return no errno, with an <see cref="InvalidOperationException"/>, or a <see cref="PageFaultException"/> of kind OutOfMemory.
    /// </param>
    /// <param name="timeLimit">The time for one refused allocation; null: 30 s. <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</param>
    /// <returns>The number of allocations that the operation makes.</returns>
    /// <exception cref="CheckFailedException">
    /// The operation threw something else, or with no allocation refused, or did not end, or the audit found something.
    /// </exception>
    public static int EachAllocationFailsOnce(
        Func<PagingEngine> create, Action<PagingEngine> operation, Predicate<Exception>? isAllowed = null, TimeSpan? timeLimit = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        ArgumentNullException.ThrowIfNull(operation);
        using TimeLimit limit = new(timeLimit);
        for (int number = 1; number <= AllocationsMax; number++)
        {
            bool isRefused = false;
            string name = $"The operation, with allocation {number} refused,";
            limit.Run(_ => isRefused = Refuse(number, create, operation, isAllowed ?? IsRefusal), () => name);
            if (!isRefused) return number - 1;
        }

        throw new CheckFailedException($"the operation makes more than {AllocationsMax} allocations");
    }

    /// <summary>Runs the operation on a fresh engine. Returns false if it makes fewer allocations.</summary>
    private static bool Refuse(int number, Func<PagingEngine> create, Action<PagingEngine> operation, Predicate<Exception> isAllowed)
    {
        using PagingEngine engine = create() ?? throw new ArgumentException("The function has created no engine.", nameof(create));
        engine.Frames.RefuseAllocation(number);
        try
        {
            RunAllowed(engine, operation, isAllowed);
            if (engine.Frames.IsRefusalPending) return false;
            EngineAssert.IsSound(engine);
            return true;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            throw new CheckFailedException($"with allocation {number} refused: {failure.Message}", failure);
        }
    }

    private static void RunAllowed(PagingEngine engine, Action<PagingEngine> operation, Predicate<Exception> isAllowed)
    {
        try
        {
            operation(engine);
        }
        catch (Exception failure) when (!engine.Frames.IsRefusalPending && isAllowed(failure))
        {
            // the operation has ended as a refused allocation may end it
        }
    }

    /// <summary>Other types derived from InvalidOperationException are misuse, such as a disposed object.</summary>
    private static bool IsRefusal(Exception failure) =>
        failure is NoMemoryException || failure.GetType() == typeof(InvalidOperationException)
        || failure is PageFaultException { Fault.Kind: MemoryFaultKind.OutOfMemory };
}
