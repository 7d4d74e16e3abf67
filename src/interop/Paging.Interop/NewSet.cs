namespace Paging.Interop;

/// <summary>The processes of one load or clone of a set, as handles in an array of C's.</summary>
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
    public static long Give<T>(IReadOnlyList<T> made, HandleKind kind, ulong engine, ulong* processes, uint capacity)
        where T : class, IDisposable
    {
        if (made.Count > capacity)
        {
            for (int i = made.Count - 1; i >= 0; i--) made[i].Dispose();
            throw new RefusalException(BorderCode.BadArgument, $"capacity is {capacity}, and there are {made.Count} processes.");
        }

        for (int i = 0; i < made.Count; i++) processes[i] = Handles.Add(kind, made[i], engine);
        return made.Count;
    }
}
