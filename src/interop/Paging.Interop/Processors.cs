using System.Runtime.InteropServices;
using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Threads": the processors through which threads access guest memory.</summary>
// SAFETY: as Border.
internal static unsafe class Processors
{
    [UnmanagedCallersOnly(EntryPoint = "paging_processor_create")]
    public static int Create(ulong engine, byte* name, ulong* processor)
    {
        try
        {
            Border.Clear(processor, "processor");
            *processor = Handles.Add(HandleKind.Processor, Engines.Of(engine).CreateProcessor(Border.Text(name, "name")), engine);
            return 0;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_run")]
    public static int Run(ulong processor, ulong process)
    {
        try { Of(processor).Run(Processes.OfAny(process)); return 0; }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_poll")]
    public static int Poll(ulong processor)
    {
        try { Of(processor).Poll(); return 0; }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_rest")]
    public static int Rest(ulong processor)
    {
        try { Of(processor).Rest(); return 0; }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_pending_wait")]
    public static int SetPendingWait(ulong processor, uint milliseconds)
    {
        try { Of(processor).PendingWait = TimeSpan.FromMilliseconds(milliseconds); return 0; }
        catch (Exception e) { return Border.Refuse(e); }
    }

    private static VirtualProcessor Of(ulong handle) => Handles.Get<VirtualProcessor>(handle, HandleKind.Processor);
}
