using System.Buffers.Binary;
using Paging.HostKernel.Interop;

namespace Paging.HostKernel.Puppets;

/// <summary>The general registers of the i386, by their number in instructions.</summary>
internal enum Register : byte
{
    Eax, Ecx, Edx, Ebx, Esp, Ebp, Esi, Edi,
}

/// <summary>A place in the program that jumps can name before it is reached.</summary>
internal sealed class Label
{
    /// <summary>The label's place, once marked.</summary>
    internal uint? Address { get; set; }
}

/// <summary>Writes i386 machine code: the dozen instruction forms that the puppet needs. Memory operands are absolute addresses.</summary>
internal sealed class Assembler(uint origin)
{
    private readonly List<byte> _code = [];
    private readonly List<(int At, Label Target)> _jumps = [];

    /// <summary>The address of the next instruction.</summary>
    internal uint Here => origin + (uint)_code.Count;

    /// <summary>An instruction without operands to fill in, as bytes.</summary>
    internal void Emit(params ReadOnlySpan<byte> instruction) => _code.AddRange(instruction);

    /// <summary>Names this place.</summary>
    internal void Mark(Label label) => label.Address = Here;

    /// <summary>mov register, value</summary>
    internal void Set(Register register, uint value)
    {
        Emit((byte)(0xB8 + register));
        Word(value);
    }

    /// <summary>mov register, [address]</summary>
    internal void Load(Register register, uint address)
    {
        Emit(0x8B, Absolute(register));
        Word(address);
    }

    /// <summary>mov [address], register</summary>
    internal void Store(uint address, Register register)
    {
        Emit(0x89, Absolute(register));
        Word(address);
    }

    /// <summary>xchg [address], register: with a memory operand always locked</summary>
    internal void Exchange(uint address, Register register)
    {
        Emit(0x87, Absolute(register));
        Word(address);
    }

    /// <summary>cmp eax, value</summary>
    internal void CompareEax(uint value)
    {
        Emit(0x3D);
        Word(value);
    }

    /// <summary>jmp [address]</summary>
    internal void JumpThrough(uint address)
    {
        Emit(0xFF, 0x25);
        Word(address);
    }

    /// <summary>jmp label</summary>
    internal void Jump(Label label)
    {
        Emit(0xE9);
        Relative(label);
    }

    /// <summary>je label</summary>
    internal void JumpIfEqual(Label label)
    {
        Emit(0x0F, 0x84);
        Relative(label);
    }

    /// <summary>jne label</summary>
    internal void JumpIfNotEqual(Label label)
    {
        Emit(0x0F, 0x85);
        Relative(label);
    }

    /// <summary>int 0x80</summary>
    internal void SystemCall() => Emit(0xCD, 0x80);

    /// <summary>mov eax, number; int 0x80</summary>
    internal void SystemCall(I386Call call)
    {
        Set(Register.Eax, (uint)call);
        SystemCall();
    }

    /// <summary>The program, with all jumps resolved.</summary>
    internal byte[] Finish()
    {
        byte[] code = [.. _code];
        foreach ((int at, Label target) in _jumps)
        {
            uint address = target.Address ?? throw new InvalidOperationException("A jump goes to a label that was never marked.");
            BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(at), address - (origin + (uint)at + sizeof(uint)));
        }
        return code;
    }

    private static byte Absolute(Register register) => (byte)(((byte)register << 3) | 0b101);    // ModRM: mod 00, rm 101 = disp32

    private void Word(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _code.AddRange(bytes);
    }

    private void Relative(Label label)
    {
        _jumps.Add((_code.Count, label));
        Word(0);
    }
}
