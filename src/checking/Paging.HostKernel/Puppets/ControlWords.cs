using System.Runtime.InteropServices;

namespace Paging.HostKernel.Puppets;

/// <summary>The words through which the host commands the puppet. The puppet's program has the offsets compiled in.</summary>
[StructLayout(LayoutKind.Explicit, Size = PuppetLayout.SlotsOffset - PuppetLayout.ControlOffset)]
internal struct ControlWords
{
    // A wait word is Idle, Posted (what the waiter waits for has happened) or Asleep (the waiter sleeps in futex and must be woken).
    internal const int Idle = 0, Posted = 1, Asleep = 2;

    // Written by the puppet when a command is done; the host waits on it.
    [FieldOffset(0x00)] internal int Done;

    // The command. Written by the host before it posts the slot.
    [FieldOffset(0x04)] internal uint Entry;        // where in the program
    [FieldOffset(0x08)] internal uint Slot;         // the wait word of the process that runs it
    [FieldOffset(0x0C)] internal uint SpinCount;    // turns to wait before sleeping, at least 1
    [FieldOffset(0x10)] internal uint Eax;          // registers at the start; Eax also the result
    [FieldOffset(0x14)] internal uint Ebx;
    [FieldOffset(0x18)] internal uint Ecx;
    [FieldOffset(0x1C)] internal uint Edx;
    [FieldOffset(0x20)] internal uint Esi;
    [FieldOffset(0x24)] internal uint Edi;
    [FieldOffset(0x28)] internal uint Ebp;

    // Written by the puppet's signal handler: siginfo of a faulting access. Signal is 0 when there was none.
    [FieldOffset(0x2C)] internal int Signal;
    [FieldOffset(0x30)] internal int SignalCode;
    [FieldOffset(0x34)] internal uint SignalAddress;

    // Constants for the puppet's own waiting, written once.
    [FieldOffset(0x38)] internal int SleepSeconds;      // struct timespec
    [FieldOffset(0x3C)] internal int SleepNanoseconds;
    [FieldOffset(0x40)] internal int PollDescriptor;    // struct pollfd: is the host's end of the socket still there?
    [FieldOffset(0x44)] internal int PollEvents;
}
