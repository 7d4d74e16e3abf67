using Paging.Core;
using Paging.Native;
using Paging.Scripting.Running;

namespace Paging.Fuzz;

/// <summary>Crosses every context with every operation.</summary>
internal static class CrossingMatrix
{
    /// <summary>Runs all cells, in the order of the contexts and operations.</summary>
    public static IEnumerable<CrossingCell> Run() => CrossingContexts.All.SelectMany(static contexts =>
        CrossingOperations.All.Select(operation => Run(contexts, operation)));

    /// <summary>Runs one cell, in a world of its own.</summary>
    public static CrossingCell Run(CrossingContext[] contexts, CrossingOperation operation)
    {
        string context = CrossingContexts.NameOf(contexts);
        CrossingCell Ended(CrossingEnd end, string detail) => new(context, operation.Name, end, detail);
        try
        {
            using CrossingWorld world = new(contexts);
            try
            {
                foreach (CrossingContext one in contexts) world.SwitchOn(one);
            }
            catch (CrossingRefusal refusal)
            {
                return Ended(CrossingEnd.NoContext, refusal.Error);
            }

            if (world.Verify() is { } broken) return Ended(CrossingEnd.Wrong, "before it: " + broken);
            world.Make(operation);
            return Ended(CrossingEnd.Done, "");
        }
        catch (CrossingRefusal refusal)
        {
            return Ended(CrossingEnd.Refused, refusal.Error);
        }
        catch (CrossingFault fault)
        {
            return Ended(CrossingEnd.Wrong, fault.Message);
        }
        catch (Exception exception) when (Defect.Is(exception))
        {
            return Ended(CrossingEnd.Wrong, Defect.Describe(exception));
        }
    }
}
