using Paging.Native;
using Paging.Processors;
using Paging.Windows;

namespace Paging.WindowsGuest.Threads;

//   stack pointer of the code  ──► ┌ CONTEXT ┬ EXCEPTION_RECORD ┬ EXCEPTION_POINTERS ┬ arguments, return address ┐ ◄── of the handler
/// <summary>Passes an exception to the handlers of a program, one after the other, until one resumes the code.</summary>
/// <remarks>
/// Vectored handlers first, then the frames that FS:0 leads to, then the last filter; else the process ends with the code.
/// Handlers run as any code does, on the thread's own stack, and come back through a stub. Windows: KiUserExceptionDispatcher,
/// RtlDispatchException, UnhandledExceptionFilter. A handler may leave by longjmp instead of coming back.
/// </remarks>
internal sealed class ExceptionDispatcher(WindowsProcess process, ThreadSet threads, VirtualAddress handlerStub)
{
    private const uint ContinueExecution = uint.MaxValue, FrameContinues = 0;    // a frame: ExceptionContinueExecution (excpt.h)

    private readonly List<uint> _handlers = [];

    /// <summary>The filter of SetUnhandledExceptionFilter; 0 for none.</summary>
    public uint LastFilter { get; set; }

    /// <summary>Adds a vectored handler, before or behind the others.</summary>
    public void Add(uint handler, bool isFirst) => _handlers.Insert(isFirst ? 0 : _handlers.Count, handler);

    /// <summary>Removes a vectored handler. Returns false if it is not registered.</summary>
    public bool Remove(uint handler) => _handlers.Remove(handler);

    /// <summary>Begins with an exception of the current thread. Returns false if there is no handler for it.</summary>
    public bool Raise(ExceptionRecord record)
    {
        GuestThread thread = threads.Current;
        ref GuestRegisters registers = ref thread.Context.Registers;
        ForgetBelow(thread, registers.Esp);
        uint context = (registers.Esp - ContextRecord.ByteLength) & ~15u, at = context - ExceptionRecord.ByteLength, pointers = at - 8;
        Span<byte> bytes = stackalloc byte[(int)(registers.Esp - pointers)];
        bytes.Clear();
        BitConverter.TryWriteBytes(bytes, at);
        BitConverter.TryWriteBytes(bytes[4..], context);
        record.Write(bytes[8..]);
        ContextRecord.Write(bytes[(8 + ExceptionRecord.ByteLength)..], registers);
        if (!TryCopyIn(pointers, bytes)) return false;    // no stack left for handlers: Windows ends the process as well
        thread.Dispatches.Push(new(new(at), new(context), new(pointers), record, pointers));
        return GoOn(thread);
    }

    /// <summary>A handler has come back, and its stub has put the answer into EDX. Returns false if the exception is not handled.</summary>
    public bool OnHandlerReturned()
    {
        GuestThread thread = threads.Current;
        ForgetBelow(thread, thread.Context.Registers.Esp);
        if (!thread.Dispatches.TryPeek(out Dispatch? dispatch)) return false;
        uint answer = thread.Context.Registers.Edx;
        bool continues = dispatch.Stage == DispatchStage.Frames ? answer == FrameContinues : answer == ContinueExecution;
        if (!continues) return dispatch.Stage != DispatchStage.LastFilter && GoOn(thread);    // nobody is left after it
        thread.Dispatches.Pop();
        Span<byte> record = stackalloc byte[ContextRecord.ByteLength];
        if (!process.Access.TryCopyOut(dispatch.Context, record, out _)) return false;
        ContextRecord.Read(record, ref thread.Context.Registers);
        return true;
    }

    /// <summary>The exception that the current thread is handling; null for none.</summary>
    public ExceptionRecord? Current => threads.Current.Dispatches.TryPeek(out Dispatch? dispatch) ? dispatch.Exception : null;

    /// <summary>Drops exceptions whose handlers have left by another way: their records lie below the stack pointer.</summary>
    private static void ForgetBelow(GuestThread thread, uint stack)
    {
        while (thread.Dispatches.TryPeek(out Dispatch? dispatch) && dispatch.Stack < stack) thread.Dispatches.Pop();
    }

    private bool GoOn(GuestThread thread)
    {
        Dispatch dispatch = thread.Dispatches.Peek();
        thread.Context.Registers.Esp = dispatch.Stack;
        if (dispatch.AskedHandlers < _handlers.Count)
            return Call(thread, _handlers[dispatch.AskedHandlers++], [dispatch.Pointers.Value]);
        dispatch.Stage = DispatchStage.Frames;
        uint frame = dispatch.NextFrame ?? thread.Block.FirstFrame;
        // A frame outside the stack is never called: an overrun may have forged it
        bool isFrame = frame != ThreadBlock.NoFrame && frame >= thread.Stack.Limit.Value && frame < thread.Stack.Base.Value;
        if (isFrame && process.Access.TryRead(new VirtualAddress(frame), out ulong words, out _))
        {
            dispatch.NextFrame = (uint)words;    // now: the handler may remove its frame
            return Call(thread, (uint)(words >> 32), [dispatch.Record.Value, frame, dispatch.Context.Value, 0]);
        }

        dispatch.Stage = DispatchStage.LastFilter;
        return LastFilter != 0 && Call(thread, LastFilter, [dispatch.Pointers.Value]);
    }

    /// <summary>Continues the thread with a function, which returns to the stub.</summary>
    private bool Call(GuestThread thread, uint function, ReadOnlySpan<uint> arguments)
    {
        for (int i = arguments.Length - 1; i >= 0; i--)
            if (!threads.Push(thread, arguments[i])) return false;
        thread.Context.Registers.Eip = function;
        return threads.Push(thread, handlerStub.Value);
    }

    private bool TryCopyIn(uint address, ReadOnlySpan<byte> bytes)
    {
        for (int i = bytes.Length - 4; i >= 0; i -= 4)    // downwards, as code pushes: so the stack grows
        {
            uint word = BitConverter.ToUInt32(bytes[i..]);
            if (!process.Access.TryWrite(new VirtualAddress(address + (uint)i), word, out _)) return false;
        }

        return true;
    }
}
