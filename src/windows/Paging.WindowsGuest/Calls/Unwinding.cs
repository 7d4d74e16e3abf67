using Paging.Windows;
using Paging.WindowsGuest.Threads;

namespace Paging.WindowsGuest.Calls;

//   FS:0 ──► frame ──► frame ──► target frame ──► …      each frame before the target: its handler is called, then FS:0 moves to the next
/// <summary>Takes frames off the chain of exception frames and calls their handlers, so that they clean up.</summary>
/// <remarks>
/// Windows: RtlUnwind on x86. It comes back to its caller: the place that is given is not gone to. A target of 0 ends the whole chain.
/// </remarks>
internal static class Unwinding
{
    private const uint IsUnwinding = 2, IsExit = 4, NonContinuable = 1;    // EXCEPTION_UNWINDING, EXIT_UNWIND (winnt.h)
    private const uint ContinueSearch = 1, Collided = 3;    // ExceptionContinueSearch, ExceptionCollidedUnwind (excpt.h)
    private const uint FlagsOffset = 4, FrameLength = 8;    // EXCEPTION_RECORD, EXCEPTION_REGISTRATION_RECORD

    /// <summary>The steps: a call of each frame's handler.</summary>
    /// <param name="call">The call that unwinds.</param>
    /// <param name="routine">The routine that makes the calls.</param>
    /// <param name="target">The frame that stays and becomes the first; 0 for none.</param>
    /// <param name="given">The address of the exception's record; 0: one is made.</param>
    /// <param name="value">The return value of the call.</param>
    public static IEnumerable<GuestCall> Steps(CallFrame call, GuestRoutine routine, uint target, uint given, uint value)
    {
        GuestThread thread = call.Thread;
        (uint record, uint context) = MakeRecords(call, routine, target, given);
        routine.Result = value;
        for (uint frame = thread.Block.FirstFrame; frame != ThreadBlock.NoFrame && frame != target; frame = thread.Block.FirstFrame)
        {
            NtStatus refusal = target != 0 && frame > target ? NtStatus.InvalidUnwindTarget    // the chain leads upwards: it was missed
                : IsOnStack(thread, frame) ? NtStatus.Success : NtStatus.BadStack;
            if (refusal == NtStatus.Success)
            {
                call.ReadWord(frame, out uint next);
                call.ReadWord(frame + 4, out uint handler);
                yield return new(handler, record, frame, context, routine.Stack);
                // The other unwinding has done frames already: it goes on behind them
                if (routine.Answer == Collided && call.ReadWord(routine.Stack, out uint other)) call.ReadWord(other, out next);
                else if (routine.Answer != ContinueSearch) refusal = NtStatus.InvalidDisposition;
                thread.Block.SetFirstFrame(next);    // after the handler, which may still need its frame
            }

            if (refusal == NtStatus.Success) continue;
            ExceptionRecord bad = new((uint)refusal, NonContinuable, new(routine.Next), []);
            routine.Leaves = () => call.Raise(bad);
            yield break;
        }
    }

    /// <summary>Puts a context, and a record if none is given, below the caller's stack.</summary>
    private static (uint Record, uint Context) MakeRecords(CallFrame call, GuestRoutine routine, uint target, uint given)
    {
        uint flags = IsUnwinding | (target == 0 ? IsExit : 0);
        uint context = (routine.Stack - ContextRecord.ByteLength) & ~15u;    // the floating-point part of CONTEXT is aligned to 16
        Span<byte> bytes = stackalloc byte[ContextRecord.ByteLength];
        ContextRecord.Write(bytes, call.Thread.Context.Registers);
        call.Write(context, bytes);
        routine.Stack = context - 16;
        if (given != 0 && call.ReadWord(given + FlagsOffset, out uint before))
        {
            call.WriteWord(given + FlagsOffset, before | flags);
            return (given, context);
        }

        uint made = context - ExceptionRecord.ByteLength;
        ExceptionRecord record = new((uint)NtStatus.Unwind, flags, new(routine.Next), []);
        record.Write(bytes);
        call.Write(made, bytes[..ExceptionRecord.ByteLength]);
        routine.Stack = made - 16;
        return (made, context);
    }

    private static bool IsOnStack(GuestThread thread, uint frame) =>
        (frame & 3) == 0 && frame >= thread.Stack.Allocation.Value && frame + FrameLength <= thread.Stack.Base.Value;
}
