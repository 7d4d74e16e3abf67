namespace Paging.Processors;

//   0    2    4   5   6     8          24       28             32                160             288        464        512
//  ┌────┬────┬───┬───┬─────┬──────────┬────────┬─────────────┬─────────────────┬───────────────┬──────────┬──────────┐
//  │FCW │FSW │FTW│ 0 │ FOP │ pointers │ MXCSR  │ MXCSR mask  │ ST0 … ST7, 16 B │ XMM0 … XMM7   │ reserved │ software │
//  └────┴────┴───┴───┴─────┴──────────┴────────┴─────────────┴─────────────────┴───────────────┴──────────┴──────────┘
/// <summary>Byte offsets in the area that <c>fxsave</c> writes. Intel SDM 1, table 10-2.</summary>
public static class FloatingPointLayout
{
    /// <summary>The x87's words: control, status, abridged tags (one byte), opcode.</summary>
    public const int Control = 0, Status = 2, Tags = 4, Opcode = 6;

    /// <summary>The x87's last instruction and operand: offset and selector of each.</summary>
    public const int InstructionPointer = 8, InstructionSegment = 12, DataPointer = 16, DataSegment = 20;

    /// <summary>The control and status of SSE, and which of its bits may be set.</summary>
    public const int Mxcsr = 24, MxcsrMask = 28;

    /// <summary>ST0 to ST7 (10 bytes each) and XMM0 to XMM7, in steps of <see cref="RegisterByteLength"/>.</summary>
    public const int Stack = 32, Vectors = 160, RegisterByteLength = 16, StackRegisterByteLength = 10;

    /// <summary>Bytes that a processor leaves to system software.</summary>
    public const int Software = 464;
}
