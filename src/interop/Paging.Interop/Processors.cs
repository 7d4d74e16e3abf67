using Paging.Core;

namespace Paging.Interop;

/// <summary>paging.h, "Threads": the processors through which threads access guest memory.</summary>
// SAFETY: as Border.
internal static unsafe class Processors
{
    [Export("paging_processor_create")]
    public static void Create(ulong engine, byte* name, ulong* processor)
    {
        Border.Clear(processor, "processor");
        *processor = Handles.Add(HandleKind.Processor, Engines.Of(engine).Threads.CreateProcessor(Border.Text(name, "name")), engine);
    }

    [Export("paging_run")]
    public static void Run(ulong processor, ulong process) => Of(processor).Run(Processes.OfAny(process));

    [Export("paging_poll")]
    public static void Poll(ulong processor) => Of(processor).Poll();

    [Export("paging_rest")]
    public static void Rest(ulong processor) => Of(processor).Rest();

    [Export("paging_pending_wait")]
    public static void SetPendingWait(ulong processor, uint milliseconds) =>
        Of(processor).PendingWait = TimeSpan.FromMilliseconds(milliseconds);

    private static VirtualProcessor Of(ulong handle) => Handles.Get<VirtualProcessor>(handle, HandleKind.Processor);
}
