using Paging.Native;
using Paging.Processors;

namespace Paging.WindowsGuest.Threads;

//   program ──► stub ──► routine ──► function of the program ──► return stub ──► routine continues … ──► program
/// <summary>Runs routines: functions of the system that call back. They nest, as their calls do.</summary>
/// <remarks>
/// A called function may leave without returning (longjmp). Its routine is then dropped: its stack pointer lies below that of
/// the next routine.
/// </remarks>
internal sealed class RoutineRunner(ThreadSet threads, VirtualAddress returnStub)
{
    /// <summary>Begins a routine of the current thread. Returns false if the stack cannot take a call.</summary>
    public bool Begin(Func<GuestRoutine, IEnumerable<GuestCall>> body)
    {
        GuestThread thread = threads.Current;
        ref GuestRegisters registers = ref thread.Context.Registers;
        ForgetBelow(thread, registers.Esp);
        GuestRoutine routine = new(registers.Esp, registers.Eip) { Steps = null! };
        routine.Steps = body(routine).GetEnumerator();
        thread.Routines.Push(routine);
        return GoOn(thread, routine);
    }

    /// <summary>A function of the program has returned; the stub has put its result into EDX.</summary>
    public bool OnReturn()
    {
        GuestThread thread = threads.Current;
        ForgetBelow(thread, thread.Context.Registers.Esp);
        if (!thread.Routines.TryPeek(out GuestRoutine? routine)) return false;
        routine.Answer = thread.Context.Registers.Edx;
        return GoOn(thread, routine);
    }

    private bool GoOn(GuestThread thread, GuestRoutine routine)
    {
        if (routine.Steps.MoveNext())
        {
            GuestCall call = routine.Steps.Current;
            thread.Context.Registers.Esp = routine.Stack;
            for (int i = call.Arguments.Length - 1; i >= 0; i--)
                if (!threads.Push(thread, call.Arguments[i])) return false;
            thread.Context.Registers.Eip = call.Function;
            return threads.Push(thread, returnStub.Value);
        }

        thread.Routines.Pop();    // before Leaves, which may begin another
        ref GuestRegisters registers = ref thread.Context.Registers;
        (registers.Esp, registers.Eip, registers.Eax) = (routine.Stack, routine.Next, routine.Result);
        routine.Leaves?.Invoke();
        return true;
    }

    private static void ForgetBelow(GuestThread thread, uint stack)
    {
        while (thread.Routines.TryPeek(out GuestRoutine? routine) && routine.Stack < stack) thread.Routines.Pop();
    }
}
