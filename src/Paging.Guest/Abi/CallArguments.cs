namespace Paging.Guest.Abi;

/// <summary>The six words of a system call: EBX, ECX, EDX, ESI, EDI, EBP.</summary>
internal readonly record struct CallArguments(uint A, uint B, uint C, uint D, uint E, uint F)
{
    /// <summary>A 64-bit argument from two words, the lower one first.</summary>
    public static long Long(uint low, uint high) => (long)(((ulong)high << 32) | low);
}
