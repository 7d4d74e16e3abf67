using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Translations": accesses without a call.</summary>
// SAFETY: the tables lie outside the managed heap and live as long as the process's memory, as paging.h says.
internal static unsafe class Translations
{
    [UnmanagedCallersOnly(EntryPoint = "paging_translations_of")]
    public static void* Of(ulong process)
    {
        try
        {
            UserProcess owner = Processes.OfAny(process);
            _ = owner.Memory.AreaCount;    // throws on another thread, and for a process that was reaped
            TranslationTables tables = owner.Memory.Mmu.ShowTables();
            tables.Tag = process;
            return (void*)tables.Start;
        }
        catch (Exception e)
        {
            _ = Border.Refuse(e);
            return null;
        }
    }
}
