namespace Paging.Processors.Unicorn;

/// <summary>The result of a call (uc_err).</summary>
internal enum UnicornError
{
    None = 0,
    ReadUnmapped = 6,
    WriteUnmapped = 7,
    FetchUnmapped = 8,
    InvalidInstruction = 10,
    ReadProtected = 13,
    FetchProtected = 14,
    WriteProtected = 12,
    Exception = 21,
}

/// <summary>Registers of the x86 build of 2.1 (uc_x86_reg).</summary>
internal enum UnicornRegister
{
    Cs = 11, Ds = 17, Eax = 19, Ebp = 20, Ebx = 21, Ecx = 22, Edi = 23, Edx = 24, Eflags = 25, Eip = 26, Es = 28, Esi = 29, Esp = 30,
    Fs = 32, Gs = 33, Ss = 49, Cr0 = 50, Cr2 = 52, Cr3 = 53, Cr4 = 54,
    Idtr = 242, Gdtr = 243, Ldtr = 244, Tr = 245,
    FpuStatus = 31, FpuControl = 246, Msr = 248, Mxcsr = 249,
}

/// <summary>Events that can call back (uc_hook_type).</summary>
[Flags]
internal enum UnicornHook
{
    Interrupt = 1,
    Instruction = 1 << 1,
    Code = 1 << 2,
    Block = 1 << 3,
    MemoryRead = 1 << 10,
    MemoryWrite = 1 << 11,
    InvalidInstruction = 1 << 14,
    EdgeGenerated = 1 << 15,
}

/// <summary>Requests of uc_ctl: the control, the number of arguments (bits 26–29), and a flag for writing (bit 30).</summary>
internal enum UnicornControl : uint
{
    EnableExits = 0x4400_0004,
    SetExits = 0x4800_0006,
    SetProcessorModel = 0x4400_0007,
    RemoveCode = 0x4800_0009,
    FlushCode = 0x4000_000A,
    FlushTranslations = 0x4000_000B,
    SetCodeByteLength = 0x4400_000D,
}
