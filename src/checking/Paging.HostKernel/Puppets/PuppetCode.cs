using System.Runtime.InteropServices;
using Paging.HostKernel.Interop;

namespace Paging.HostKernel.Puppets;

/// <summary>
/// The puppet's program: waits for a command, executes one real system call or one real access, reports its end, and waits again.
/// </summary>
/// <remarks><code>
///   Start ──► Finish ──► Wait ◄────────────────────────────┐
///               ▲         │ slot posted                    │ ETIMEDOUT: is the host alive?
///               │         ▼                                │
///               │   jmp [Entry]          spun long enough ─┴─► futex(slot)
///               │         │
///               ├── SystemCall, Load8, … Copy, Touch
///               ├── Fork (the child goes to Wait, with a slot of its own)
///   OnSignal ───┘  (the kernel comes here when an access faults; the access is given up, never restarted)
/// </code>
/// The program uses no stack, and ebp alone lives from one instruction to the next while it waits.
/// </remarks>
internal sealed class PuppetCode
{
    private const uint FutexWait = 0, FutexWake = 1;
    private const uint TimedOut = unchecked((uint)-110);
    private const uint CloneParent = 0x8000, ChildSignal = 17;    // the child is a child of the host, who reaps it

    private readonly Assembler _code;
    private readonly PuppetLayout _layout;
    private readonly Label _wait = new(), _finish = new(), _finishSilently = new();

    /// <summary>Assembles the program for a block at this place.</summary>
    internal PuppetCode(PuppetLayout layout)
    {
        (_code, _layout) = (new Assembler(layout.Code), layout);
        EmitStart();
        EmitWait();
        EmitFinish();
        SystemCall = Entry(EmitSystemCall);
        Fork = Entry(EmitFork);
        Load8 = Entry(() => EmitAccess(0x0F, 0xB6, 0x03));              // movzx eax, byte [ebx]
        Load32 = Entry(() => EmitAccess(0x8B, 0x03));                   // mov eax, [ebx]
        Store8 = Entry(() => EmitAccess(0x88, 0x03));                   // mov [ebx], al
        Store32 = Entry(() => EmitAccess(0x89, 0x03));                  // mov [ebx], eax
        Add8 = Entry(() => EmitAccess(0x00, 0x03, 0x0F, 0xB6, 0x03));   // add [ebx], al; movzx eax, byte [ebx]
        Fill = Entry(() => EmitString(0xAA));                           // rep stosb
        Copy = Entry(() => EmitString(0xA4));                           // rep movsb
        Touch = Entry(EmitTouch);
        OnSignal = Entry(EmitOnSignal);
        Bytes = _code.Finish();
        if (Bytes.Length > PuppetLayout.ControlOffset) throw new InvalidOperationException("The puppet's program does not fit its page.");
    }

    /// <summary>The machine code; it begins with the start.</summary>
    internal byte[] Bytes { get; }

    /// <summary><c>int 0x80</c> with all registers of the command; the result is eax.</summary>
    internal uint SystemCall { get; }

    /// <summary>A child that waits on the slot in the command's ebp; the result is its process id.</summary>
    internal uint Fork { get; }

    /// <summary>The byte at ebx.</summary>
    internal uint Load8 { get; }

    /// <summary>The word at ebx.</summary>
    internal uint Load32 { get; }

    /// <summary>Stores al at ebx.</summary>
    internal uint Store8 { get; }

    /// <summary>Stores eax at ebx.</summary>
    internal uint Store32 { get; }

    /// <summary>Adds al to the byte at ebx; the result is the byte after.</summary>
    internal uint Add8 { get; }

    /// <summary>Stores ecx bytes al at edi, upwards.</summary>
    internal uint Fill { get; }

    /// <summary>Copies ecx bytes from esi to edi, upwards.</summary>
    internal uint Copy { get; }

    /// <summary>Makes every page of the block present in the process, so that only scenario memory faults later.</summary>
    internal uint Touch { get; }

    /// <summary>The address that SIGSEGV and SIGBUS are to be delivered to.</summary>
    internal uint OnSignal { get; }

    private uint Entry(Action emit)
    {
        uint address = _code.Here;
        emit();
        return address;
    }

    private uint Field(string name) =>
        _layout.Reserved + PuppetLayout.ControlOffset + (uint)Marshal.OffsetOf<ControlWords>(name);

    // A fresh image reports to the host that it runs.
    private void EmitStart()
    {
        _code.Emit(0x31, 0xC0);                             // xor eax, eax
        _code.Emit(0x31, 0xE4);                             // xor esp, esp: never on the signal stack
        _code.Jump(_finish);
    }

    // ebp = my slot. Spin, then sleep; posted means go.
    private void EmitWait()
    {
        Label spin = new(), run = new(), sleep = new(), exit = new();
        _code.Mark(_wait);
        _code.Load(Register.Ecx, Field(nameof(ControlWords.SpinCount)));
        _code.Mark(spin);
        _code.Emit(0x8B, 0x45, 0x00);                       // mov eax, [ebp]
        _code.CompareEax(ControlWords.Posted);
        _code.JumpIfEqual(run);
        _code.Emit(0xF3, 0x90);                             // pause
        _code.Emit(0x49);                                   // dec ecx
        _code.JumpIfNotEqual(spin);

        _code.Set(Register.Eax, ControlWords.Idle);
        _code.Set(Register.Ecx, ControlWords.Asleep);
        _code.Emit(0xF0, 0x0F, 0xB1, 0x4D, 0x00);           // lock cmpxchg [ebp], ecx: Idle → Asleep
        _code.JumpIfNotEqual(_wait);                        // posted meanwhile

        _code.Mark(sleep);
        _code.Emit(0x89, 0xEB);                             // mov ebx, ebp
        _code.Set(Register.Ecx, FutexWait);
        _code.Set(Register.Edx, ControlWords.Asleep);
        _code.Set(Register.Esi, Field(nameof(ControlWords.SleepSeconds)));
        _code.SystemCall(I386Call.Futex);
        _code.CompareEax(TimedOut);
        Label awake = new();
        _code.JumpIfNotEqual(awake);
        _code.Set(Register.Ebx, Field(nameof(ControlWords.PollDescriptor)));
        _code.Set(Register.Ecx, 1);
        _code.Set(Register.Edx, 0);
        _code.SystemCall(I386Call.Poll);                    // 0: no event, the host's end is open
        _code.CompareEax(0);
        _code.JumpIfNotEqual(exit);
        _code.Mark(awake);
        _code.Emit(0x8B, 0x45, 0x00);                       // mov eax, [ebp]
        _code.CompareEax(ControlWords.Posted);
        _code.JumpIfNotEqual(sleep);

        _code.Mark(run);
        _code.JumpThrough(Field(nameof(ControlWords.Entry)));

        _code.Mark(exit);
        _code.Set(Register.Ebx, 0);
        _code.SystemCall(I386Call.Exit);
    }

    // eax is the result. Take the slot back before reporting it: the host may post the slot again at once.
    private void EmitFinish()
    {
        _code.Mark(_finish);
        _code.Store(Field(nameof(ControlWords.Eax)), Register.Eax);
        _code.Mark(_finishSilently);
        _code.Load(Register.Ebp, Field(nameof(ControlWords.Slot)));
        _code.Emit(0xC7, 0x45, 0x00, ControlWords.Idle, 0, 0, 0);    // mov dword [ebp], Idle
        _code.Set(Register.Eax, ControlWords.Posted);
        _code.Exchange(Field(nameof(ControlWords.Done)), Register.Eax);
        _code.CompareEax(ControlWords.Asleep);
        _code.JumpIfNotEqual(_wait);
        _code.Set(Register.Ebx, Field(nameof(ControlWords.Done)));
        _code.Set(Register.Ecx, FutexWake);
        _code.Set(Register.Edx, 1);
        _code.SystemCall(I386Call.Futex);
        _code.Jump(_wait);
    }

    private void EmitRegisters()
    {
        _code.Load(Register.Eax, Field(nameof(ControlWords.Eax)));
        _code.Load(Register.Ebx, Field(nameof(ControlWords.Ebx)));
        _code.Load(Register.Ecx, Field(nameof(ControlWords.Ecx)));
        _code.Load(Register.Edx, Field(nameof(ControlWords.Edx)));
        _code.Load(Register.Esi, Field(nameof(ControlWords.Esi)));
        _code.Load(Register.Edi, Field(nameof(ControlWords.Edi)));
        _code.Load(Register.Ebp, Field(nameof(ControlWords.Ebp)));
    }

    private void EmitSystemCall()
    {
        EmitRegisters();
        _code.SystemCall();
        _code.Jump(_finish);
    }

    // ebp travels through clone unharmed; the child must not look into the command, which may be another one by then.
    private void EmitFork()
    {
        _code.Set(Register.Ebx, CloneParent | ChildSignal);
        _code.Set(Register.Ecx, 0);
        _code.Set(Register.Edx, 0);
        _code.Set(Register.Esi, 0);
        _code.Set(Register.Edi, 0);
        _code.Load(Register.Ebp, Field(nameof(ControlWords.Ebp)));
        _code.SystemCall(I386Call.Clone);
        _code.CompareEax(0);
        _code.JumpIfNotEqual(_finish);
        _code.Jump(_wait);
    }

    private void EmitAccess(params ReadOnlySpan<byte> access)
    {
        _code.Load(Register.Eax, Field(nameof(ControlWords.Eax)));
        _code.Load(Register.Ebx, Field(nameof(ControlWords.Ebx)));
        _code.Emit(access);
        _code.Jump(_finish);
    }

    private void EmitString(byte instruction)
    {
        EmitRegisters();
        _code.Emit(0xFC);                                   // cld
        _code.Emit(0xF3, instruction);                      // rep
        _code.Jump(_finish);
    }

    private void EmitTouch()
    {
        for (int page = 0; page < _layout.PageCount; page++)
        {
            _code.Set(Register.Ebx, _layout.Reserved + (uint)(page * PuppetLayout.PageByteLength));
            _code.Emit(0xF0, 0x83, 0x0B, 0x00);             // lock or dword [ebx], 0
        }
        _code.Jump(_finish);
    }

    // The kernel passes eax = signal, edx = siginfo (si_code at 8, si_addr at 12).
    private void EmitOnSignal()
    {
        _code.Store(Field(nameof(ControlWords.Signal)), Register.Eax);
        _code.Emit(0x8B, 0x42, 0x08);                       // mov eax, [edx+8]
        _code.Store(Field(nameof(ControlWords.SignalCode)), Register.Eax);
        _code.Emit(0x8B, 0x42, 0x0C);                       // mov eax, [edx+12]
        _code.Store(Field(nameof(ControlWords.SignalAddress)), Register.Eax);
        _code.Emit(0x31, 0xE4);                             // xor esp, esp: off the signal stack
        _code.Jump(_finishSilently);
    }
}
