using System.Runtime.InteropServices;
using Paging.Core;

namespace Paging.Interop;

#pragma warning disable CS1591 // paging.h documents the fields

/// <summary>The states of a rewind.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RewindInfo
{
    public uint Size;
    public uint StateCount;
    public ulong HeldBytes;
    public long Oldest;
    public long Current;
    public long Previous;
    public long Next;
}

#pragma warning restore CS1591

/// <summary>paging.h, "Rewind".</summary>
// SAFETY: as Border.
internal static unsafe class Rewinds
{
    private const uint SpacingCountMax = 16;
    private const long None = -1;

    [Export("paging_rewind_open")]
    public static void Open(ulong process, ulong budget, uint* spacings, uint spacingCount, ulong* rewind)
    {
        Border.Clear(rewind, "rewind");
        UserProcess recorded = Processes.Of(process);
        *rewind = Handles.Add(HandleKind.Rewind, recorded.OpenRewind(OptionsOf(budget, spacings, spacingCount)), Handles.EngineOf(process));
    }

    [Export("paging_engine_rewind_open")]
    public static void OpenOfAll(ulong engine, ulong budget, uint* spacings, uint spacingCount, ulong* rewind)
    {
        Border.Clear(rewind, "rewind");
        PagingEngine recorded = Engines.Of(engine);
        *rewind = Handles.Add(HandleKind.Rewind, recorded.OpenRewind(OptionsOf(budget, spacings, spacingCount)), engine);
    }

    private static RewindOptions OptionsOf(ulong budget, uint* spacings, uint spacingCount)
    {
        RewindOptions options = new();
        if (budget != 0) options = options with { BudgetBytes = (long)Math.Min(budget, long.MaxValue) };
        if (spacingCount != 0) options = options with { Spacings = SpacingsOf(spacings, spacingCount) };
        return options;
    }

    [Export("paging_rewind_record")]
    public static long Record(ulong rewind)
    {
        Errno error = Of(rewind).Record(out RewindState? state);
        return error == Errno.None ? state!.Number : -(long)error;
    }

    [Export("paging_rewind_restore")]
    public static Errno Restore(ulong rewind, long number)
    {
        Rewind target = Of(rewind);
        if (target.TryFind(number, out RewindState? state) && state.Number == number) return target.Restore(state);
        Border.Explain(Errno.ENOENT, $"The rewind has no state {number}: it was thinned out, or never recorded.");
        return Errno.ENOENT;
    }

    [Export("paging_rewind_find")]
    public static long Find(ulong rewind, long number) =>
        Of(rewind).TryFind(number, out RewindState? state) ? state.Number : -(long)Errno.ENOENT;

    [Export("paging_rewind_info_get")]
    public static void GetInfo(ulong rewind, RewindInfo* info)
    {
        Rewind asked = Of(rewind);
        IReadOnlyList<RewindState> states = asked.States;
        Sized.Write(info, new RewindInfo
        {
            StateCount = (uint)states.Count,
            HeldBytes = (ulong)asked.HeldBytes,
            Oldest = states.Count == 0 ? None : states[0].Number,
            Current = asked.Current?.Number ?? None,
            Previous = asked.Previous?.Number ?? None,
            Next = asked.Next?.Number ?? None,
        });
    }

    private static Rewind Of(ulong handle) => Handles.Get<Rewind>(handle, HandleKind.Rewind);

    private static RewindSpacing[] SpacingsOf(uint* pairs, uint count)
    {
        Border.Need(pairs, "spacings");
        if (count > SpacingCountMax)
            throw new RefusalException(BorderCode.BadArgument, $"spacing_count is {count}: it must be {SpacingCountMax} or less.");
        RewindSpacing[] spacings = new RewindSpacing[count];
        for (uint i = 0; i < count; i++)
        {
            (uint every, uint states) = (pairs[2 * i], pairs[(2 * i) + 1]);
            if (every > int.MaxValue || states > int.MaxValue)
                throw new RefusalException(BorderCode.BadArgument, "A spacing's numbers must be below 2^31.");
            spacings[i] = new((int)every, (int)states);
        }

        return spacings;
    }
}
