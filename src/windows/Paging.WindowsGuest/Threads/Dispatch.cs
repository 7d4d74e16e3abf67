using Paging.Native;

namespace Paging.WindowsGuest.Threads;

/// <summary>An exception on its way through the handlers of a thread.</summary>
/// <param name="record">The address of its EXCEPTION_RECORD on the stack.</param>
/// <param name="context">The address of the CONTEXT, which a handler may change.</param>
/// <param name="pointers">The address of the EXCEPTION_POINTERS.</param>
/// <param name="exception">The exception itself.</param>
/// <param name="stack">The stack pointer below all of that.</param>
internal sealed class Dispatch(VirtualAddress record, VirtualAddress context, VirtualAddress pointers, ExceptionRecord exception,
    uint stack)
{
    public VirtualAddress Record => record;

    public VirtualAddress Context => context;

    public VirtualAddress Pointers => pointers;

    public ExceptionRecord Exception => exception;

    public uint Stack => stack;

    /// <summary>The number of vectored handlers called so far.</summary>
    public int AskedHandlers { get; set; }

    /// <summary>The frame whose handler is called next; null before the first.</summary>
    public uint? NextFrame { get; set; }

    /// <summary>The kind of handler that is called right now.</summary>
    public DispatchStage Stage { get; set; }
}

/// <summary>The kinds of handlers that an exception is shown to.</summary>
internal enum DispatchStage
{
    /// <summary>The handlers of AddVectoredExceptionHandler.</summary>
    Vectored,
    /// <summary>The frames on the stack.</summary>
    Frames,
    /// <summary>The filter of SetUnhandledExceptionFilter.</summary>
    LastFilter,
}
