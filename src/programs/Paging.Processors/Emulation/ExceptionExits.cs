using System.Runtime.InteropServices;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

/// <summary>Makes exits for exceptions that are delivered to the program.</summary>
internal static class ExceptionExits
{
    /// <summary>A fault, trap or interrupt that the library has reported.</summary>
    public static ProcessorExit Raise(UnicornMachine machine, ProcessorVector vector, VirtualAddress at)
    {
        uint errorCode = machine.EndException(out bool isSoftware);
        bool mayBeAsked = vector is ProcessorVector.Breakpoint or ProcessorVector.Overflow;
        if (isSoftware && !mayBeAsked) return ForbiddenInterrupt(machine, vector);
        uint errors = vector is ProcessorVector.FloatingPoint or ProcessorVector.SimdFloatingPoint
            ? FloatingPointArea.Errors(machine, vector) : 0;
        return new(ProcessorExitKind.Exception, vector, errorCode, default, ExceptionSignals.Of(vector, at, errors));
    }

    /// <summary>
    /// <c>sysenter</c> and <c>syscall</c>, which the library would pass over. No processor has both for 32-bit programs (AMD's have no
    /// sysenter
    /// beside a 64-bit kernel, Intel's no syscall). Only a vDSO would use these instructions, and we have none, so they raise #UD.
    /// </summary>
    public static ProcessorExit RefuseSystemEntry(UnicornMachine machine, uint eipAfter)
    {
        VirtualAddress at = new(eipAfter - 2);
        machine.Write(UnicornRegister.Eip, at.Value);
        return new(ProcessorExitKind.Exception, ProcessorVector.InvalidInstruction, 0, default,
            ExceptionSignals.Of(ProcessorVector.InvalidInstruction, at, 0));
    }

    /// <summary>An <c>int n</c> for which a user has no gate: #GP, and EIP at the instruction.</summary>
    public static ProcessorExit ForbiddenInterrupt(UnicornMachine machine, ProcessorVector asked)
    {
        machine.Write(UnicornRegister.Eip, machine.Read(UnicornRegister.Eip) - 2);    // CD nn
        uint errorCode = ((uint)asked * 8) + 2;
        return new(ProcessorExitKind.Exception, ProcessorVector.GeneralProtection, errorCode, default,
            ExceptionSignals.Of(ProcessorVector.GeneralProtection, default, 0));
    }

    /// <summary>Throws for an error that the library must never return.</summary>
    public static void ThrowLibraryError(UnicornError error, uint eip) =>
        throw new InvariantException(
            $"P4: the processor stopped at {eip:x8} with \"{Marshal.PtrToStringUTF8(UnicornApi.TextOf(error))}\". A present entry leads "
                + $"outside RAM, or the library cannot go on.");
}
