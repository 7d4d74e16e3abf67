using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Translations": accesses without a call.</summary>
// SAFETY: the tables lie outside the managed heap and live as long as the process's memory, as paging.h says.
internal static unsafe class Translations
{
    // They live as long as the process's memory, like those that its thread may use.
    private static readonly ConditionalWeakTable<Mmu, TranslationTables> Empty = [];

    [UnmanagedCallersOnly(EntryPoint = "paging_translations_of")]
    public static void* Of(ulong process)
    {
        try
        {
            if (ForkedChild.IsHere) return null;    // inherited tables lead to memory of the parent's engine
            UserProcess owner = Processes.Peek(process);
            TranslationTables tables = MayUse(owner.Memory.Mmu, process) ? TablesOf(owner, process)
                : Empty.GetValue(owner.Memory.Mmu, static memory => memory.MakeEmptyTables());
            tables.Tag = process;
            return (void*)tables.Start;
        }
        catch (Exception e)
        {
            _ = Border.Refuse(e);
            return null;
        }
    }

    [Export("paging_fetch_page")]
    public static int Fetch(ulong process, uint address, void* value, uint byteLength, FetchedPage* window, Fault* fault)
    {
        Border.Need(value, "value");
        Border.Need(window, "window");
        *window = default;
        UserProcess owner = Processes.OfAny(process);
        int refused = Accesses.Fetch(process, address, value, byteLength, fault);
        if (refused != 0) return refused;
        using EngineHold hold = Engines.Of(Handles.EngineOf(process)).EnterSlowPath();    // no right is removed meanwhile
        Mmu memory = owner.Memory.Mmu;
        if (!memory.TryFetch(new(address), out byte _, out _)) return 0;    // the right went after the fetch
        Shown* tables = (Shown*)memory.ShowTables().Start;
        ulong addend = (ulong)tables->Read[address >> VirtualAddress.PageShift];
        if (addend == 0) return 0;    // a device, or pages whose accesses are watched
        *window = new() { Start = address & ~VirtualAddress.OffsetMask, Addend = addend, Epoch = tables->Epoch };
        return 0;
    }

    private static TranslationTables TablesOf(UserProcess owner, ulong process)
    {
        using EngineHold hold = Engines.Of(Handles.EngineOf(process)).EnterSlowPath();    // two threads may ask at once
        _ = owner.Memory.Areas.Count;    // throws for a process that was reaped
        return owner.Memory.Mmu.ShowTables();
    }

    // A hit looks at no thread, so a thread that may not access the memory gets a table in which nothing hits.
    private static bool MayUse(Mmu memory, ulong process)
    {
        try
        {
            Handles.ThrowIfInNativeCall(process);
            memory.CheckThread();
            return true;
        }
        catch (InvalidOperationException e) when (e is not ObjectDisposedException)
        {
            _ = Border.Refuse(e);    // for paging_last_error
            return false;
        }
    }

    /// <summary>The start of paging_translations.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Shown
    {
        public uint Version;
        public uint PageShift;
        public long* Read;
        public long* Write;
        public ulong Epoch;
    }
}
