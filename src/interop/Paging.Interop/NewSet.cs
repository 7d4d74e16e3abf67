using Paging.Core;

namespace Paging.Interop;

/// <summary>The processes of one load or clone of an engine, as handles in an array of C's.</summary>
// SAFETY: as Border.
internal static unsafe class NewSet
{
    /// <summary>Checks the array before anything is made.</summary>
    public static void Need(ulong* processes, uint capacity)
    {
        if (capacity != 0) Border.Need(processes, "processes");
    }

    /// <summary>Gives the processes handles. If the array is too short, they end again.</summary>
    /// <exception cref="RefusalException">It is.</exception>
    public static long Give(IReadOnlyList<UserProcess> made, ulong engine, ulong* processes, uint capacity)
    {
        if (made.Count > capacity)
        {
            for (int i = made.Count - 1; i >= 0; i--) made[i].Dispose();
            throw new RefusalException(BorderCode.BadArgument, $"capacity is {capacity}, and there are {made.Count} processes.");
        }

        for (int i = 0; i < made.Count; i++) processes[i] = Handles.Add(HandleKind.Process, made[i], engine);
        return made.Count;
    }
}
