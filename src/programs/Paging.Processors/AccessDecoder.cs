using Iced.Intel;
using Paging.Core;
using Paging.Native;

namespace Paging.Processors;

/// <summary>
/// Decodes whether a faulting instruction was to load or to store, as a tracer does not get the error code, and whether the next
/// instruction will store.
/// </summary>
/// <remarks>
/// An instruction that loads and stores the same operand counts as a store, as in a processor. Of several operands, the one with the
/// address decides; where two have it, as in a movs onto itself, the load comes first. Intel SDM 3A, 4.7.
/// </remarks>
internal sealed class AccessDecoder
{
    /// <summary>The longest instruction, in bytes.</summary>
    public const int LongestInstruction = 15;

    private const uint SelectorWithoutRights = 0xFFFC;
    private const int LongestElement = 64;    // the most for an access of unknown length: string instructions, states of several parts

    private readonly ByteArrayCodeReader _code;
    private readonly byte[] _bytes = new byte[LongestInstruction];
    private readonly Decoder _decoder;
    private readonly InstructionInfoFactory _factory = new();
    private readonly VATryGetRegisterValue _valueOf;
    private GuestRegisters _registers;
    private uint _fsBase, _gsBase;

    public AccessDecoder()
    {
        _code = new(_bytes);
        _decoder = Decoder.Create(32, _code);
        _valueOf = TryGetValue;
    }

    /// <summary>Returns the kind of the instruction's access to an address.</summary>
    /// <param name="code">The bytes of the instruction, as many as can be fetched, at most fifteen.</param>
    /// <param name="registers">The registers before the instruction.</param>
    /// <param name="address">The address that the instruction could not access.</param>
    /// <param name="fsBase">The base address of FS.</param>
    /// <param name="gsBase">The base address of GS.</param>
    public AccessKind KindOf(ReadOnlySpan<byte> code, in GuestRegisters registers, VirtualAddress address, uint fsBase, uint gsBase)
    {
        Instruction instruction = Decode(code, registers.Eip);
        bool isCut = instruction.IsInvalid || instruction.Length > code.Length;
        if (isCut && code.Length < LongestInstruction && address.Value == registers.Eip + (uint)code.Length) return AccessKind.Fetch;
        (_registers, _fsBase, _gsBase) = (registers, fsBase, gsBase);
        return Stores(_factory.GetInfo(instruction, InstructionInfoOptions.NoRegisterUsage), address.Value)
            ? AccessKind.Write : AccessKind.Read;
    }

    /// <summary>Finds the selector that an instruction was to load, as a tracer does not get the error code of #GP, #NP and #SS.</summary>
    /// <param name="code">The bytes of the instruction.</param>
    /// <param name="registers">The registers before the instruction.</param>
    /// <param name="fsBase">The base address of FS.</param>
    /// <param name="gsBase">The base address of GS.</param>
    /// <param name="memory">The program's memory.</param>
    /// <param name="selector">The selector without its rights, which is the error code; 0 for a null selector.</param>
    /// <param name="isStack">True for SS.</param>
    public bool TryGetSelector(ReadOnlySpan<byte> code, in GuestRegisters registers, uint fsBase, uint gsBase, Mmu memory,
        out uint selector, out bool isStack)
    {
        Instruction instruction = Decode(code, registers.Eip);
        (_registers, _fsBase, _gsBase) = (registers, fsBase, gsBase);
        (selector, isStack) = (0, false);
        bool isWide = instruction.Op0Kind is OpKind.FarBranch32 || instruction.MemorySize is MemorySize.SegPtr32;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Mov or Mnemonic.Pop when instruction.Op0Kind == OpKind.Register && instruction.Op0Register.IsSegmentRegister():
                isStack = instruction.Op0Register == Register.SS;
                return instruction.Mnemonic == Mnemonic.Pop ? TryReadSelector(memory, registers.Esp, out selector)
                    : instruction.Op1Kind == OpKind.Register ? TryTake(instruction.Op1Register, out selector)
                    : TryReadSelector(memory, AddressOf(instruction, 1), out selector);
            case Mnemonic.Lds or Mnemonic.Les or Mnemonic.Lfs or Mnemonic.Lgs or Mnemonic.Lss:
                isStack = instruction.Mnemonic == Mnemonic.Lss;
                return TryReadSelector(memory, AddressOf(instruction, 1) + (isWide ? 4u : 2), out selector);
            case Mnemonic.Jmp or Mnemonic.Call when instruction.Op0Kind is OpKind.FarBranch16 or OpKind.FarBranch32:
                selector = instruction.FarBranchSelector & SelectorWithoutRights;
                return true;
            case Mnemonic.Jmp or Mnemonic.Call when instruction.MemorySize is MemorySize.SegPtr16 or MemorySize.SegPtr32:
                return TryReadSelector(memory, AddressOf(instruction, 0) + (isWide ? 4u : 2), out selector);
            case Mnemonic.Retf or Mnemonic.Iret or Mnemonic.Iretd:
                bool isShort = instruction.Code is Code.Retfw or Code.Retfw_imm16 or Code.Iretw;
                return TryReadSelector(memory, registers.Esp + (isShort ? 2u : 4), out selector);
            default:
                return false;
        }
    }

    private uint AddressOf(in Instruction instruction, int operand) =>
        instruction.TryGetVirtualAddress(operand, 0, out ulong address, _valueOf) ? (uint)address : 0;

    private static bool TryReadSelector(Mmu memory, uint at, out uint selector)
    {
        bool isRead = memory.TryRead(new VirtualAddress(at), out ushort word);
        selector = word & SelectorWithoutRights;
        return isRead;
    }

    private bool TryTake(Register register, out uint selector)
    {
        bool isKnown = TryGetValue(register.GetFullRegister32(), 0, 0, out ulong value);
        selector = (uint)value & SelectorWithoutRights;
        return isKnown;
    }

    /// <summary>
    /// Returns true if the instruction at EIP, or the next element of a repeated one, would store to some bytes, or load them.
    /// </summary>
    /// <param name="code">The bytes of the instruction, as for <see cref="KindOf"/>.</param>
    /// <param name="registers">The registers before the instruction.</param>
    /// <param name="at">The first byte.</param>
    /// <param name="byteLength">The number of those bytes.</param>
    /// <param name="fsBase">The base address of FS.</param>
    /// <param name="gsBase">The base address of GS.</param>
    /// <param name="isLoad">True for loads.</param>
    public bool Touches(ReadOnlySpan<byte> code, in GuestRegisters registers, VirtualAddress at, uint byteLength, uint fsBase, uint gsBase,
        bool isLoad)
    {
        Instruction instruction = Decode(code, registers.Eip);
        (_registers, _fsBase, _gsBase) = (registers, fsBase, gsBase);
        foreach (UsedMemory memory in _factory.GetInfo(instruction, InstructionInfoOptions.NoRegisterUsage).GetUsedMemory())
        {
            bool isWanted = isLoad ? IsLoad(memory.Access) : IsStore(memory.Access);
            if (!isWanted || !memory.TryGetVirtualAddress(0, out ulong first, _valueOf)) continue;
            int known = memory.MemorySize.GetSize();    // 0 with a repeat prefix: the next element has the instruction's size
            uint start = (uint)first, length = (uint)Math.Max(known != 0 ? known : instruction.MemorySize.GetSize(), 1);
            if (at.Value - start < length || start - at.Value < byteLength) return true;
        }

        return false;
    }

    private Instruction Decode(ReadOnlySpan<byte> code, uint eip)
    {
        code.CopyTo(_bytes);
        _bytes.AsSpan(code.Length).Clear();
        _code.Position = 0;
        _decoder.IP = eip;
        _decoder.Decode(out Instruction instruction);
        return instruction;
    }

    /// <summary>Operands that have the address itself come first, then those on its page.</summary>
    private bool Stores(InstructionInfo info, uint address)
    {
        bool isNear = false, storesNear = false, stores = false, loads = false, storesThere = false, loadsThere = false;
        foreach (UsedMemory memory in info.GetUsedMemory())
        {
            bool isStore = IsStore(memory.Access);
            stores |= isStore;
            loads |= !isStore && memory.Access is not (OpAccess.None or OpAccess.NoMemAccess);
            if (!memory.TryGetVirtualAddress(0, out ulong at, _valueOf)) continue;
            uint length = (uint)memory.MemorySize.GetSize();
            if (length == 0) length = LongestElement;
            if (address - (uint)at < length)
            {
                if (isStore && IsLoad(memory.Access)) return true;    // the same bytes: one access
                storesThere |= isStore;
                loadsThere |= !isStore;
            }

            if (address - (uint)at + LongestElement >= length + (2 * LongestElement)) continue;
            isNear = true;
            storesNear |= isStore;
        }

        if (loadsThere || storesThere) return !loadsThere;    // movs and push load first: the store follows once the load is done
        return isNear ? storesNear : stores && !loads;
    }

    private static bool IsLoad(OpAccess access) =>
        access is OpAccess.Read or OpAccess.CondRead or OpAccess.ReadWrite or OpAccess.ReadCondWrite;

    private static bool IsStore(OpAccess access) =>
        access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite;

    private bool TryGetValue(Register register, int elementIndex, int elementByteLength, out ulong value)
    {
        uint whole = register.GetFullRegister32() switch
        {
            Register.EAX => _registers.Eax,
            Register.ECX => _registers.Ecx,
            Register.EDX => _registers.Edx,
            Register.EBX => _registers.Ebx,
            Register.ESP => _registers.Esp,
            Register.EBP => _registers.Ebp,
            Register.ESI => _registers.Esi,
            Register.EDI => _registers.Edi,
            Register.FS => _fsBase,
            Register.GS => _gsBase,
            _ => 0,
        };
        value = register.GetSize() switch
        {
            1 => whole & 0xFF,    // xlat's AL; no other byte register addresses memory
            2 when !register.IsSegmentRegister() => whole & 0xFFFF,
            _ => whole,
        };
        return !register.IsVectorRegister();
    }
}
