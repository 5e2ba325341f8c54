/* Where in Python are we? The stack is read from the interpreter's own structures, with reads that
 * cannot fault and without allocating, so that it can be asked for in a panic.
 *
 * The layout comes from the generated header generated/python.h
 * (meshkernel/image/python_layout.py), all offsets in bytes: PYTHON_OBJECT_INODE              inode
 * number (as stat shows it) of the ELF object with _PyRuntime; 0: no Python PYTHON_OBJECT_FIXED 1
 * if that object is ET_EXEC: its symbols are absolute PYTHON_RUNTIME_VALUE             value of the
 * symbol _PyRuntime PYTHON_VERSION                   0x030b for 3.11, 0x030c, 0x030d
 *   PYTHON_RUNTIME_INTERPRETERS      _PyRuntimeState: first interpreter
 *   PYTHON_INTERPRETER_THREADS       PyInterpreterState: first thread state
 *   PYTHON_THREAD_NEXT               PyThreadState.next
 *   PYTHON_THREAD_NATIVE_ID          PyThreadState.native_thread_id, which is the tid
 *   PYTHON_THREAD_FRAME              PyThreadState.cframe, or current_frame from 3.13
 *   PYTHON_THREAD_FRAME_INDIRECT     1: the former, to be followed once more at
 *   PYTHON_CFRAME_FRAME              _PyCFrame.current_frame
 *   PYTHON_FRAME_PREVIOUS            _PyInterpreterFrame.previous
 *   PYTHON_FRAME_CODE                f_code, f_executable from 3.13
 *   PYTHON_FRAME_INSTRUCTION         prev_instr, instr_ptr from 3.13
 *   PYTHON_FRAME_OWNER               owner: a frame of the C stack (3) is no Python function
 *   PYTHON_CODE_FILENAME, _QUALNAME, _LINETABLE, _FIRST_LINE, _INSTRUCTIONS
 *                                    PyCodeObject: co_filename ... co_code_adaptive
 *   PYTHON_BYTES_SIZE, PYTHON_BYTES_DATA
 *   PYTHON_TEXT_LENGTH, _STATE, _ASCII_DATA, _COMPACT_DATA
 *                                    PyASCIIObject and PyCompactUnicodeObject
 */
#pragma once

#include "core/types.h"

struct thread;

/* Prints the stacks of all threads to the console, each with its newest call last, as a traceback
 * has it. The one of `thread`, which may be NULL, comes first; one line says so when it has none.
 */
void python_stacks_print(const struct thread *thread);

/* Writes "app.py:12" for the newest Python frame of the thread into `to`, cut to `size` with the
 * NUL; false, and an empty text, when it is not in Python. */
bool python_location(const struct thread *thread, char *to, size_t size);
